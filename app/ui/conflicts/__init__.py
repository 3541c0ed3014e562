"""The conflicts inbox: both values side by side, who, when and why, and one key to take a side."""
