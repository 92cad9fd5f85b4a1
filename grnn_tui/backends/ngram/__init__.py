"""Counted n-grams with Witten-Bell interpolation."""
