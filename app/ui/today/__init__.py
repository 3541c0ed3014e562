"""Today: the numbers a person opens the program for, each leading to its rows."""
