"""How symbols are drawn."""
