"""Coordinators: each reads one kind of data at its own rhythm and publishes frozen snapshots of it."""
