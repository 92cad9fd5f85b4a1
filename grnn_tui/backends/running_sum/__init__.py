"""What estimators over rows share whose hidden units carry a running sum over the values seen so far."""
