"""The window: shows, asks, and calls actions."""
