"""The import wizard: columns, questions, differences, then one transaction."""
