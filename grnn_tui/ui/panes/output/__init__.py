"""The text: prompt and what was written, coloured by surprisal."""
