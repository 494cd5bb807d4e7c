"""Learning to steer from recordings: examples, views from beside the lane, batches, the trainer."""
