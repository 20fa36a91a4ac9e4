"""Tests of chargers."""
