"""CARLA's remote procedures: a registry, and the functions in it."""
