"""Preprocessing, output encodings, architectures, Keras models, LiteRT inference, doubt, input reconstruction."""
