"""Chains of a fixed order over the values of a row, one table a place, learned by counting."""
