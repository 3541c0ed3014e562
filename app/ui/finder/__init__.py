"""The search field and command palette: records, coordinates and commands from one line."""
