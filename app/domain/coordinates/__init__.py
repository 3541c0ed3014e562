"""Coordinates: reading them in any notation, converting, measuring and judging where they may come from."""
