"""The map: a canvas that shows the last picture while it moves, its tools, its layers and legend."""
