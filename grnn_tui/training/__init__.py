"""The trainer: optimise, validate, checkpoint, log. Torch is imported by its modules, never by this package itself."""
