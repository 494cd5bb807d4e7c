"""ALVINN on CARLA: learn to steer by watching somebody drive, then drive."""

__version__ = "0.1.0"
