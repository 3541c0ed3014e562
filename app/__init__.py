"""Gridward 网格卫士: the offline map and ledger of an environment bureau."""

__version__ = "0.1.0"
