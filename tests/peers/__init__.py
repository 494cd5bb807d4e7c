"""The field's own programs on our environment, each in an environment of its own: `make peers`."""
