"""The charger's weekly schedule on the wall clock of a site."""
