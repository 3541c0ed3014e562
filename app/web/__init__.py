"""Exports a map for the browser with Folium, with no network address in it."""
