"""The page of reports: choose, look at the numbers, write, freeze, open and compare."""
