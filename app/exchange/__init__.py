"""Files in and out: Excel, CSV, GIS formats, coordinate tables."""
