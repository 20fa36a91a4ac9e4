"""The chargers of a site: what is read, derived and remembered of each."""
