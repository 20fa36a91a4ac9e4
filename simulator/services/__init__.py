"""The cloud's services: one module per family of endpoints, each with its table of routes.

A new service is a module with ``ROUTES`` that is entered below under the host that serves it; its families go into
``simulator.families``.
"""

from simulator.routing import Route

from . import (
    configuration,
    control,
    grid_services,
    history,
    login,
    management,
    savings,
    scheduler,
    schedules,
    sites,
    status,
    summary,
    tariffs,
)

ENLIGHTEN_ROUTES: tuple[Route, ...] = (
    *login.ROUTES,
    *sites.ROUTES,
    *status.ROUTES,
    *summary.ROUTES,
    *control.ROUTES,
    *configuration.ROUTES,
    *scheduler.ROUTES,
    *schedules.ROUTES,
    *management.ROUTES,
    *history.ROUTES,
    *tariffs.ROUTES,
    *savings.ROUTES,
)
"""Served on enlighten.enphaseenergy.com."""

GRID_SERVICES_ROUTES: tuple[Route, ...] = grid_services.ROUTES
"""Served on gs.enphaseenergy.com."""
