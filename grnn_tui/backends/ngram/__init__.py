"""Markov chains of a fixed order, learned by counting."""
