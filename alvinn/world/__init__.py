"""CARLA as a World, through the genuine client: the car, its sensors, the lane, and the embedded server."""
