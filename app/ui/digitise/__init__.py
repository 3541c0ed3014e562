"""Drawing and editing shapes on the map: the work, its tool, its bar, and where areas do not fit."""
