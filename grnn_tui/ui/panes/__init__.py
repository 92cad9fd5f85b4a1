"""The panes of the main screen, a folder each."""
