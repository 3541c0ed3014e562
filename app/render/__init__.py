"""Draws maps and sheets with QtGui: one painter for screen, PNG and PDF."""
