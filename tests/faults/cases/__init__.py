"""Hostile things, made when a test needs them: models, rows, corpora and runs as somebody else might hand them out."""
