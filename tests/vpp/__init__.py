"""Tests of vpp."""
