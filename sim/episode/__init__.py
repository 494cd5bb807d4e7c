"""What is in the world at a tick: actors, sensors, collisions, blueprints, weather, settings, the snapshot."""
