"""Panda3D in general terms: meshes, canvas, textures, light."""
