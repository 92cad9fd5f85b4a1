"""NADE over a window of text."""
