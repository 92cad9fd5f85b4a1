"""A terminal playground for generative recurrent networks."""

__version__ = "0.1.0"
