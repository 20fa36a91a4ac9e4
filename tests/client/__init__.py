"""Tests of the client, through its public faces."""
