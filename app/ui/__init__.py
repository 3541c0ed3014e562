"""The window: shows, asks, calls an action."""
