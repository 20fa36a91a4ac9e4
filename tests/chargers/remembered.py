"""What a restart remembers of a state."""

from homeassistant.helpers.json import json_bytes
from homeassistant.util.json import json_loads

from custom_components.enphase_cloud_things.stored import restored


def remembered[StateT](state: StateT) -> StateT:
    """Return a state as it comes back from Home Assistant's storage."""
    read = restored(type(state), json_loads(json_bytes(state)))
    assert read is not None
    return read
