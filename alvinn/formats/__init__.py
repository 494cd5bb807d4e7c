"""Recordings of other programs, in and out: a room for each format, and what they share."""
