"""The lab: claims of the field as small seeded experiments, each ending in a table, a plot and one sentence."""
