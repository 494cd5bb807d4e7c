"""What is drawn: road surface, vegetation, buildings, guard rails, sky, the cars."""
