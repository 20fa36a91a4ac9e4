"""Recordings of real and simulated clouds (docs/recording.md). Each is a test by being here."""
