"""The bureau's server: decides what becomes of the laptops' changes, orders them by area, and keeps them."""
