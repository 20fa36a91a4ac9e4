"""Entities by subject; the platforms pick from them."""
