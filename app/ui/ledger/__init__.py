"""The ledger: a table of one entity's records, sorted, filtered, following the selection."""
