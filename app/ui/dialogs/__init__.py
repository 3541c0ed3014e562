"""Dialogs: one question each, answered with the keyboard alone if one likes."""
