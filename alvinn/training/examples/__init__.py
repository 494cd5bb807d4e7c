"""From recordings to training examples: datasets and their held-out stretches, views and light, batches."""
