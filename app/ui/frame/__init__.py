"""The frame of the window: top bar, rail, notices, status line, and the commands that fill menus and
palette."""
