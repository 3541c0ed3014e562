"""Makes the synthetic demo: real divisions and names, simulated boilers, cells, zones and users."""
