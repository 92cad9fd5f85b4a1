"""The loop that optimises, validates, checkpoints and logs one run."""
