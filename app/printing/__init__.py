"""Sheets as data: items placed in millimetres on pages of a paper size, ready-made sheets, tiles."""
