"""Driving and judging many runs: sequentially, in parallel, or on a Ray cluster."""
