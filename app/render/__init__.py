"""Draws carto and printing with QtGui: one painter for screen, PNG and PDF."""
