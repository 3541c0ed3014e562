"""The map as data: layers, symbols, classes, labels, legend, scale and display lists; nothing here draws."""
