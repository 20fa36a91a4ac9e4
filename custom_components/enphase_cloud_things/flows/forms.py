"""The forms of the config and options flows, and what a person typed into them as typed values."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
import re
from typing import Any, Final, Self

from homeassistant.const import CONF_EMAIL, CONF_PASSWORD
from homeassistant.data_entry_flow import section
from homeassistant.helpers.selector import (
    BooleanSelector,
    EntitySelector,
    EntitySelectorConfig,
    NumberSelector,
    NumberSelectorConfig,
    NumberSelectorMode,
    SelectOptionDict,
    SelectSelector,
    SelectSelectorConfig,
    SelectSelectorMode,
    TextSelector,
    TextSelectorConfig,
    TextSelectorType,
)
import probatio

from ..const import (
    CONF_CODE,
    CONF_CONTINUE_WITHOUT_CHARGERS,
    CONF_MOVE_HERE,
    CONF_REMEMBER_PASSWORD,
    CONF_RESEND,
    CONF_SERIALS,
    CONF_SITE_ID,
)
from ..enlighten import Site
from ..options import ADVANCED, BOUNDS, Options

SECTION_ADVANCED: Final = "advanced"

_SITE_ID: Final = re.compile(r"[1-9][0-9]{0,19}")
_VPP_PROGRAM_ID: Final = re.compile(r"[0-9a-f]{24}")

_EMAIL_FIELD: Final = TextSelector(TextSelectorConfig(type=TextSelectorType.EMAIL, autocomplete="email"))
_PASSWORD_FIELD: Final = TextSelector(
    TextSelectorConfig(type=TextSelectorType.PASSWORD, autocomplete="current-password")
)

OTP_FORM: Final = probatio.Schema(
    {
        probatio.Optional(probatio.Secret(CONF_CODE)): TextSelector(TextSelectorConfig(autocomplete="one-time-code")),
        probatio.Optional(CONF_RESEND, default=False): BooleanSelector(),
    }
)
NO_CHARGERS_FORM: Final = probatio.Schema(
    {probatio.Required(CONF_CONTINUE_WITHOUT_CHARGERS, default=False): BooleanSelector()}
)
CONFIRMATION_FORM: Final = probatio.Schema({})


@dataclass(frozen=True, slots=True, kw_only=True)
class SignInInput:
    """What a person gave to sign in. Their secrets are left out of the representation."""

    email: str = field(repr=False)
    remember: bool
    password: str = field(repr=False)

    @classmethod
    def from_form(cls, form: Mapping[str, Any], *, email: str, password: str) -> Self:
        """Read a sign-in form; `email` and `password` stand in for fields that are absent or left empty."""
        return cls(
            email=form.get(CONF_EMAIL, email).strip(),
            remember=form[CONF_REMEMBER_PASSWORD],
            password=form.get(CONF_PASSWORD) or password,
        )


def sign_in_form(
    *, email: str | None, ask_email: bool = True, password_optional: bool = False, remember: bool = False
) -> probatio.Schema:
    """Return the form that asks for an account. No password is ever part of it, not even as a suggestion."""
    fields: dict[probatio.Marker, object] = {}
    if ask_email:
        fields[probatio.Required(CONF_EMAIL, description={"suggested_value": email})] = _EMAIL_FIELD
    password = probatio.Secret(CONF_PASSWORD)
    fields[probatio.Optional(password) if password_optional else probatio.Required(password)] = _PASSWORD_FIELD
    fields[probatio.Required(CONF_REMEMBER_PASSWORD, default=remember)] = BooleanSelector()
    return probatio.Schema(fields)


def site_form(sites: Iterable[Site], *, selected: str | None) -> probatio.Schema:
    """Return the form that offers the sites, or asks for the number of one where none are known."""
    options = [
        SelectOptionDict(value=site.site_id, label=_with_id(site.name, site.site_id))
        for site in sorted(sites, key=lambda site: (site.name or "", site.site_id))
    ]
    field = (
        SelectSelector(SelectSelectorConfig(options=options, mode=SelectSelectorMode.LIST))
        if options
        else TextSelector()
    )
    return probatio.Schema({probatio.Required(CONF_SITE_ID, description={"suggested_value": selected}): field})


def chargers_form(
    names: Mapping[str, str | None], *, selected: Iterable[str], can_move: bool = False
) -> probatio.Schema:
    """Return the form that offers the chargers, by serial, the selected ones ticked.

    Where some belong to other entries (`can_move`) it asks whether to move them here.
    """
    options = [SelectOptionDict(value=serial, label=_with_id(name, serial)) for serial, name in names.items()]
    return probatio.Schema(
        {
            probatio.Required(CONF_SERIALS, default=[serial for serial in names if serial in set(selected)]): (
                SelectSelector(SelectSelectorConfig(options=options, multiple=True, mode=SelectSelectorMode.LIST))
            )
        }
        | ({probatio.Required(CONF_MOVE_HERE, default=False): BooleanSelector()} if can_move else {})
    )


def settings_form(values: Mapping[str, Any]) -> probatio.Schema:
    """Return the form of the options with the given values filled in; what few people change is in a section."""
    first: dict[probatio.Marker, object] = {}
    advanced: dict[probatio.Marker, object] = {}
    for option in fields(Options):
        marker, selector = _setting(option.name, values[option.name])
        (advanced if option.name in ADVANCED else first)[marker] = selector
    # The frontend submits the default of a section that nobody has opened as it is
    untouched = {name: values[name] for name in ADVANCED}
    advanced_fields = section(probatio.Schema(advanced), {"collapsed": True})
    return probatio.Schema({**first, probatio.Required(SECTION_ADVANCED, default=untouched): advanced_fields})


def settings_from_form(form: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, str]]:
    """Return the options a person chose and the errors by field, which are empty when the options may be stored."""
    settings = {
        **{name: value for name, value in form.items() if name != SECTION_ADVANCED},
        **form[SECTION_ADVANCED],
        "vpp_program_id": form.get("vpp_program_id", "").strip().lower(),
        "price_entity": form.get("price_entity", ""),
    }
    errors = {}
    if settings["fast_poll_interval"] > settings["slow_poll_interval"]:
        errors["base"] = "fast_above_slow"
    if settings["vpp_program_id"] and not _VPP_PROGRAM_ID.fullmatch(settings["vpp_program_id"]):
        errors["vpp_program_id"] = "invalid_vpp_program_id"
    return settings, errors


def _setting(name: str, value: Any) -> tuple[probatio.Marker, object]:
    if bounds := BOUNDS.get(name):
        number = NumberSelector(
            NumberSelectorConfig(
                min=bounds.low, max=bounds.high, step=1, mode=NumberSelectorMode.BOX, unit_of_measurement=bounds.unit
            )
        )
        return probatio.Required(name, default=value), probatio.All(number, probatio.Coerce(int))
    if isinstance(value, bool):
        return probatio.Required(name, default=value), BooleanSelector()
    if name == "price_entity":
        # An empty text is no entity, and would be submitted as one
        entity = probatio.Optional(name, description={"suggested_value": value or None})
        return entity, EntitySelector(EntitySelectorConfig(domain="sensor"))
    return probatio.Optional(name, description={"suggested_value": value}), TextSelector()


def is_site_id(text: str) -> bool:
    """Return whether a text can be the number of a site. A name typed as one would fail every later request."""
    return _SITE_ID.fullmatch(text) is not None


def _with_id(name: str | None, identifier: str) -> str:
    return f"{name} ({identifier})" if name else identifier
