"""NADE for text: a running sum over the last symbols, one weight table a position."""
