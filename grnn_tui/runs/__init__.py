"""The run directory: read, write, watch, steer. No torch."""
