"""The jobs of the command line: each one a page of construction."""
