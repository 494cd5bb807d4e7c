"""The cockpit: a window that shows the drive and takes what hands do. Only its display knows pygame."""
