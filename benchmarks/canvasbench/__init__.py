"""The parts of benchmarks/canvas.py."""
