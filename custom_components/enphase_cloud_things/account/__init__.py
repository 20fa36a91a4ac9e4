"""Enphase accounts: one signed-in session for all sites of an account."""
