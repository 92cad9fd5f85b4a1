"""Names of themes, for those who need no colours yet."""

DEFAULT_THEME = "night"
PLAIN_THEME = "terminal"
