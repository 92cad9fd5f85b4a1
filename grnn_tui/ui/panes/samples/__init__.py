"""The pane of the contact sheet."""
