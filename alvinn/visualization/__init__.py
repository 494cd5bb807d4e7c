"""What people look at: overlays, saliency, weights, figures, pages and films."""
