"""The commands: settings, construction, exit status."""
