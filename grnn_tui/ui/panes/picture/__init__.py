"""The pane of the selected sample: its pixels, maps of it, and what is known of it."""
