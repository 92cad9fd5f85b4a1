"""The distribution of the next symbol, as bars."""
