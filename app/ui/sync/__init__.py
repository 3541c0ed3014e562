"""Meeting the hub: the one honest line, the sync page, joining, sticks, the proof."""
