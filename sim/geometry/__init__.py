"""Poses, boxes, rays and geodesy."""
