"""The look of a layer edited: symbols and classes, labels, scales; seen on the map while it is edited."""
