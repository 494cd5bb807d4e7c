"""Who can have the wheel: the expert, the network, and wrappers around them."""
