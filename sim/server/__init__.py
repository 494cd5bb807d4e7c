"""Sockets, the clock, and the streams of cameras and other sensors."""
