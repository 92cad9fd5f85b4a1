"""Measurements, never timed tests: each prints ratios against a baseline interleaved in the same run."""
