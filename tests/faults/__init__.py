"""Real harm to real processes, and what must come through it: the promises of `promises.py`."""
