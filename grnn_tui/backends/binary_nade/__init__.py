"""NADE over rows of bits: a running sum, hidden units, one Bernoulli a value."""
