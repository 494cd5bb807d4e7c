"""Wheels, gamepads, keyboard and mouse as numbers: profiles, calibration, keys. No pygame."""
