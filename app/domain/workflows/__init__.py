"""One file per workflow: its table of transitions."""
