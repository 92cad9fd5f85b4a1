"""NADE over rows of real numbers: a running sum, hidden units, a mixture of Gaussians a value."""
