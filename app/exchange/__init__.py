"""Files in and out: workbooks, delimited text, GIS formats and coordinate tables."""
