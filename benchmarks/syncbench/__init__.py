"""The parts of `benchmarks/sync.py`: data, peers, our own side, and the measuring."""
