"""The page before a workspace is open."""
