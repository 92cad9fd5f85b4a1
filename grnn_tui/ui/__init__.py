"""The screen. It knows messages, never models, and never imports torch."""
