"""Driving and judging many runs: in turn, side by side, or over a Ray cluster."""
