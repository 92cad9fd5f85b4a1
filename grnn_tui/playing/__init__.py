"""Sampling policies, generation sessions and scoring."""
