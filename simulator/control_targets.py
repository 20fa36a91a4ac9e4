"""Which charger or site a control request means; the first one when it names none."""

from .chargers import Charger
from .control_values import ActionError, Values
from .site import Site
from .world import World


def charger_of(world: World, values: Values) -> Charger:
    """Return the charger with the ``serial`` of a request; raises ActionError when there is none."""
    if not values.has("serial"):
        if not world.site.chargers:
            message = "there is no charger"
            raise ActionError(message)
        return world.charger
    try:
        return world.charger_of(values.text("serial"))
    except KeyError:
        message = "no charger with that serial"
        raise ActionError(message) from None


def site_of(world: World, values: Values) -> Site:
    """Return the ``site`` of a request, brought up to the clock; raises ActionError when there is none."""
    site_id = values.text("site", world.site.site_id)
    if site_id not in world.sites:
        message = "no site with that id"
        raise ActionError(message)
    return world.sites[site_id]


def serial_site(world: World, serial: str) -> Site:
    """Return the site where a charger hangs; raises StopIteration when it hangs nowhere."""
    return next(site for site in world.sites.values() if any(item.serial == serial for item in site.chargers))
