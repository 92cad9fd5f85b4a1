"""The prompt: where a person types."""
