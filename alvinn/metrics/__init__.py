"""The verdict on a drive: referee, summary, results on disk, comparison, the log."""
