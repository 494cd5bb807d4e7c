"""Images of the scene: the renderer, the facet pass for depth and labels, weather effects."""
