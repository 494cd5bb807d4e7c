"""CARLA 0.9.16's wire protocol: bytes in, messages out, no sockets."""
