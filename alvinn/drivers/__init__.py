"""Drivers: expert, network, person, and wrappers around them; gates that decide when a teacher takes over."""
