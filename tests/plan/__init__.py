"""Plans: prices in, windows out."""
