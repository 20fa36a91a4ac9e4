"""The charger's own weekly schedule."""
