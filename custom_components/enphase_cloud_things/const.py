"""Names and bounds that more than one module of the integration needs."""

from datetime import timedelta
from typing import Final

DOMAIN: Final = "enphase_cloud_things"
MANUFACTURER: Final = "Enphase"

CONF_ACCOUNT: Final = "account"
CONF_CODE: Final = "code"
CONF_CONTINUE_WITHOUT_CHARGERS: Final = "continue_without_chargers"
CONF_LEFT_OUT: Final = "left_out"
CONF_MOVE_HERE: Final = "move_here"
CONF_REMEMBER_PASSWORD: Final = "remember_password"
CONF_RESEND: Final = "resend"
CONF_SERIALS: Final = "serials"
CONF_SITE_ID: Final = "site_id"
CONF_SITE_NAME: Final = "site_name"

DEFAULT_CHARGING_AMPS: Final = 32
FALLBACK_MIN_AMPS: Final = 6
FALLBACK_MAX_AMPS: Final = 40

DIAGNOSTIC_STATE_PERIOD: Final = timedelta(minutes=5)
"""How often the states of `last_successful_update` and `cloud_latency` may change while all is well."""
