"""The pane of the next value of a row."""
