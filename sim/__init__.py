"""The embedded CARLA: a small server that speaks CARLA 0.9.16's wire protocol."""
