"""Tariffs, current prices and savings of a site."""
