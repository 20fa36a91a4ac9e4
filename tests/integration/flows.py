"""Walking through flows as a person does: fill in the form that is shown, submit, look at what comes next."""

import json
from pathlib import Path
from string import Formatter
from typing import Any

from homeassistant.config_entries import SOURCE_USER, ConfigFlowResult
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType, section
import probatio

from custom_components import enphase_cloud_things
from custom_components.enphase_cloud_things.const import DOMAIN
from simulator import OWNER_EMAIL, OWNER_KEY

ACCOUNT = {"email": OWNER_EMAIL, "password": OWNER_KEY, "remember_password": False}

_TEXTS = json.loads((Path(enphase_cloud_things.__file__).parent / "translations" / "en.json").read_text())


async def start(hass: HomeAssistant) -> ConfigFlowResult:
    """Begin adding the integration."""
    return await hass.config_entries.flow.async_init(DOMAIN, context={"source": SOURCE_USER})


async def submit(hass: HomeAssistant, result: ConfigFlowResult, **fields: Any) -> ConfigFlowResult:
    """Submit the form that is shown; fields that are not given take their defaults."""
    return await hass.config_entries.flow.async_configure(result["flow_id"], fields)


async def sign_in(hass: HomeAssistant, **changes: Any) -> ConfigFlowResult:
    """Add the integration up to and including the submit of the account."""
    return await submit(hass, await start(hass), **(ACCOUNT | changes))


def assert_form(result: ConfigFlowResult, step_id: str, **errors: str) -> None:
    """Check that a form is shown, with exactly these errors, and that there are words for all of it."""
    assert result["type"] is FlowResultType.FORM
    assert (result["step_id"], result["errors"] or {}) == (step_id, errors)
    texts = _texts(result)
    step = texts["step"][step_id]
    fields = required(result).keys()
    for kind in ("data", "data_description"):
        of_sections = [section.get(kind, {}) for section in step.get("sections", {}).values()]
        assert fields <= set().union(step.get(kind, {}), *of_sections)
    wanted = {
        name
        for text in (step["title"], step.get("description", ""))
        for _, name, _, _ in Formatter().parse(text)
        if name
    }
    assert wanted <= (result["description_placeholders"] or {}).keys()
    assert set(errors.values()) <= texts["error"].keys()


def assert_aborted(result: ConfigFlowResult, reason: str) -> None:
    """Check that the flow has ended for a reason, and that there are words for it."""
    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == reason
    assert reason in _texts(result)["abort"]


def offered(result: ConfigFlowResult, field: str) -> dict[str, str]:
    """Return the choices of a field: their labels by value."""
    schema = result["data_schema"]
    assert schema is not None
    return {option["value"]: option["label"] for option in schema.schema[field].config["options"]}


def filled_in(result: ConfigFlowResult) -> dict[str, Any]:
    """Return what a form, its sections included, has filled in when it is shown: defaults and suggestions by field."""
    values: dict[str, Any] = {}
    for marker in _markers(result):
        suggestion = (marker.description or {}).get("suggested_value")
        if suggestion is not None:
            values[str(marker)] = suggestion
        elif not isinstance(marker.default, probatio.Undefined):
            values[str(marker)] = marker.default()
    return values


def required(result: ConfigFlowResult) -> dict[str, bool]:
    """Return the fields of a form and whether they have to be filled in."""
    return {str(marker): isinstance(marker, probatio.Required) for marker in _markers(result)}


def _markers(result: ConfigFlowResult) -> list[probatio.Required | probatio.Optional]:
    schema = result["data_schema"]
    assert schema is not None
    markers: list[probatio.Required | probatio.Optional] = []
    for marker, field in schema.schema.items():
        markers += field.schema.schema if isinstance(field, section) else [marker]
    return markers


def _texts(result: ConfigFlowResult) -> dict[str, Any]:
    """Return the texts of the config flow, or those of the options flow, which goes by the id of its entry."""
    texts: dict[str, Any] = _TEXTS["config" if result["handler"] == DOMAIN else "options"]
    return texts
