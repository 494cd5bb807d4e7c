"""The car: a single-track model, its physics control, and the Ackermann controller."""
