"""Printing: sheet, scope, preview, then a PDF or a printer."""
