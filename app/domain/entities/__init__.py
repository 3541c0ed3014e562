"""One file per entity: its fields, declared once."""
