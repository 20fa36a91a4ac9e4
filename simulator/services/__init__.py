"""The cloud's services: one module per family of endpoints, each with its table of routes."""

from simulator.routing import Route

from . import control, login, scheduler, sites, status, summary

ENLIGHTEN_ROUTES: tuple[Route, ...] = (
    *login.ROUTES,
    *sites.ROUTES,
    *status.ROUTES,
    *summary.ROUTES,
    *control.ROUTES,
    *scheduler.ROUTES,
)
"""Served on enlighten.enphaseenergy.com."""

GRID_SERVICES_ROUTES: tuple[Route, ...] = ()
"""Served on gs.enphaseenergy.com."""
