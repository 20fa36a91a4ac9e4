"""The options flow: settings, signing in again, and forgetting the password."""

from dataclasses import asdict
from typing import Any

from homeassistant.config_entries import ConfigFlowResult, OptionsFlowWithReload
from homeassistant.const import CONF_PASSWORD, STATE_UNAVAILABLE, STATE_UNKNOWN
from homeassistant.util import dt as dt_util

from ..account.registry import async_get_registry
from ..const import CONF_ACCOUNT, CONF_REMEMBER_PASSWORD
from ..enlighten import LONGEST_RECORDING
from ..options import Options
from ..plan.prices import forecast_of
from .forms import CONFIRMATION_FORM, settings_form, settings_from_form


class EnphaseOptionsFlow(OptionsFlowWithReload):
    """Changes what needs no new sign-in. Only saved settings reload the entry."""

    async def async_step_init(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Offer what can be done."""
        menu_options = ["settings", "reauthenticate", "record"]
        if self.config_entry.data.get(CONF_PASSWORD):
            menu_options.append("forget_password")
        return self.async_show_menu(step_id="init", menu_options=menu_options)

    async def async_step_settings(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Let a person change the options."""
        errors: dict[str, str] = {}
        if user_input is not None:
            settings, errors = settings_from_form(user_input)
            errors |= self._price_error(str(settings["price_entity"]))
            if not errors:
                return self.async_create_entry(data=settings)
            values = asdict(Options()) | settings
        else:
            values = asdict(Options.from_mapping(self.config_entry.options))
        return self.async_show_form(step_id="settings", data_schema=settings_form(values), errors=errors)

    def _price_error(self, entity_id: str) -> dict[str, str]:
        """Return what is wrong with the sensor that is to give the prices."""
        state = self.hass.states.get(entity_id) if entity_id else None
        if state is None or state.state in {STATE_UNAVAILABLE, STATE_UNKNOWN}:
            # What is not there yet cannot be judged
            return {}
        now, zone = dt_util.utcnow(), dt_util.get_default_time_zone()
        understood = forecast_of(self.hass, entity_id, now, zone) is not None
        return {} if understood else {"price_entity": "price_entity_not_understood"}

    async def async_step_reauthenticate(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask for a new sign-in, in Home Assistant's own way."""
        self.config_entry.async_start_reauth(self.hass)
        return self.async_abort(reason="reauth_started")

    async def async_step_record(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Keep more of the cloud's replies for a day, for a fault that comes seldom (docs/recording.md)."""
        recorder = async_get_registry(self.hass).recorders[self.config_entry.data[CONF_ACCOUNT]]
        recorder.long_until = dt_util.utcnow() + LONGEST_RECORDING
        return self.async_abort(reason="recording_started")

    async def async_step_forget_password(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Drop the stored password once it is confirmed.

        A password belongs to the account: every entry of the account forgets it, or the next reload of another one
        would bring it back into the session they share.
        """
        if user_input is None:
            return self.async_show_form(step_id="forget_password", data_schema=CONFIRMATION_FORM)
        entries = self.hass.config_entries
        for entry in entries.async_entries(self.config_entry.domain):
            if entry.data.get(CONF_ACCOUNT) == self.config_entry.data[CONF_ACCOUNT]:
                kept = {key: value for key, value in entry.data.items() if key != CONF_PASSWORD}
                entries.async_update_entry(entry, data=kept | {CONF_REMEMBER_PASSWORD: False})
        async_get_registry(self.hass).async_forget_password(self.config_entry)
        return self.async_abort(reason="password_forgotten")
