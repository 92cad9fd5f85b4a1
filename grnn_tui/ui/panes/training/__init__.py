"""The training pane: what a run is doing, as its directory tells it."""
