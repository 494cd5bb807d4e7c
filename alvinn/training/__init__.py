"""Learning to steer from recordings: datasets, shifted views, photometric augmentation, batches, the trainer."""
