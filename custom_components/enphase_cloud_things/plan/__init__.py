"""Charging as cheaply as possible by a given time, carried out by the charger's own schedule.

Everything that computes here is pure: the time is an argument, and nothing knows Home Assistant or a network.
"""
