"""Roads: curves, circuits, OpenDRIVE in and out, the track under the wheels, the terrain beside it."""
