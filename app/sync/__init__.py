"""What laptops and the hub say to each other: wire format, keys, bundles, and the laptop's side of a sync."""
