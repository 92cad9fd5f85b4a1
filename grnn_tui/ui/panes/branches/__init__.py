"""The ways the text has gone."""
