"""Drawing and editing shapes: corners, cuts, joins, snapping and tracing, on values and without a screen."""
