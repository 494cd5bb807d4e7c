"""Learning to steer from recordings: examples, the trainer, and how well a network has learned."""
