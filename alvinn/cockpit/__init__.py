"""The cockpit: a window that shows the drive and takes what hands do. Only what draws and opens it knows pygame."""
