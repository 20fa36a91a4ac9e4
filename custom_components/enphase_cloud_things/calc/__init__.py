"""Calculations on what the cloud reported.

Everything here is pure: no requests, no clock, no Home Assistant. The time is an
argument, what is remembered between two readings is a frozen state that goes in and
comes out.
"""
