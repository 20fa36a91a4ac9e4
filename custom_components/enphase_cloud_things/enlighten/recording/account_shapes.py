"""Replies about the account, its sites, programs and money (docs/api.md §2, §3.1, §8, §9)."""

from collections.abc import Mapping
from typing import Final

from .shape import CLOCK, COUNTRY, CURRENCY, FLAG, ID, MESSAGE, NAME, NUMBER, SECRET, TIME, WORD, ZONE, Shape, words

EVENT: Final[Mapping[str, Shape]] = {
    **dict.fromkeys(("id", "event_id"), ID),
    "name": MESSAGE,
    "type": words("battery_discharge battery_charge idle"),
    "subtype": words(
        "Discharge_To_Load_Grid Charge_From_PV_Grid Idle Charge_From_PV Charge_From_NetPV Discharge_To_Load"
        " Discharge_To_NetLoad Charge Dont_Charge MODE_1 MODE_2 MODE_3 MODE_4"
    ),
    "status": words("scheduled in_progress completed stopped failed cancelled canceled deleted optedout"),
    **dict.fromkeys(("start_time", "end_time", "cancellation_timestamp"), TIME),
    **dict.fromkeys(("target_soc", "rate_watt", "avg_kw_discharged", "avg_kw_charged"), NUMBER),
    "mode": words("GS_TOU_MODE"),
    **dict.fromkeys(("superceded", "superseded"), FLAG),
}

_PERIOD_NAMES: Final = words("off-peak mid-peak peak") | {f"period-{number}" for number in range(50)}
_PERIOD: Final[Mapping[str, Shape]] = {
    "id": _PERIOD_NAMES,
    "type": words("off-peak mid-peak peak"),
    **dict.fromkeys(("startTime", "endTime"), CLOCK),
    "rate": NUMBER,
    "rateComponents": (dict.fromkeys(("Generation", "Credit", "Delivery", "Transmission", "Distribution"), NUMBER),),
}
_DAY_GROUP: Final[Mapping[str, Shape]] = {
    "id": words("week weekdays weekend"),
    "days": (NUMBER,),
    "updatedValue": NUMBER,
    "periods": (_PERIOD,),
    **dict.fromkeys(("must_charge_start", "must_charge_duration"), CLOCK),
    "must_charge_mode": WORD,
}
_SEASON: Final[Mapping[str, Shape]] = {
    "id": words("summer winter default"),
    **dict.fromkeys(("startMonth", "endMonth", "offPeak"), NUMBER),
    "days": (_DAY_GROUP,),
    "tiers": (
        {
            "id": frozenset(f"tier-{number}" for number in range(20)),
            **dict.fromkeys(("rate", "startValue", "endValue"), NUMBER),
        },
    ),
}
_UTILITY: Final[Mapping[str, Shape]] = {
    **dict.fromkeys(("utilityId", "tariffCodeId", "masterTariffCodeId"), ID),
    **dict.fromkeys(("utilityName", "tariffName"), NAME),
    "isAccAdderApplicable": FLAG,
    "accPlusAdder": NUMBER,
    **dict.fromkeys(("accApplicableYears", "accPlusAdderValue"), NUMBER),
    "accCustomerType": WORD,
}
_BRANCH: Final[Mapping[str, Shape]] = {
    "typeKind": words("single seasonal weekends seasonal-and-weekends"),
    "typeId": words("flat tou tiered"),
    "source": words("manual autofill netFit grossFit"),
    "exportPlan": words("nem netFit grossFit"),
    "hasNetMetering": FLAG,
    "metaTariffId": ID,
    "lastExportDate": TIME,
    "utilityDetails": _UTILITY,
    "seasons": (_SEASON,),
}
_PAGE_SWITCHES: Final = (
    *("hasAcb", "chargeFromGrid", "showBatteryConfig", "hideChargeFromGrid", "supports_mqtt", "calibrationProgress"),
    *("showDTQuestion", "dtCustomChargeEnabled"),
)
TARIFF: Final[Mapping[str, Shape]] = {
    "site_id": ID,
    "country": COUNTRY,
    "currency": CURRENCY,
    "zipcode": ID,
    "purchase": _BRANCH,
    "buyback": _BRANCH,
    "nemVersion": words("NEM1 NEM2 NEM3"),
    "installDate": TIME,
    **dict.fromkeys(("chargeBeginTime", "chargeEndTime"), CLOCK),
    **dict.fromkeys(_PAGE_SWITCHES, FLAG),
}
_RATE_DETAILS: Final[Mapping[str, Shape]] = {
    "currency": CURRENCY,
    "timezone": ZONE,
    "importPlanType": words("flat tou tiered"),
    "exportPlanType": words("nem netFit grossFit NEM1 NEM2 NEM3"),
    "exportApplicabilityYear": NUMBER,
    **dict.fromkeys(("interconnectionApplicationDate", "installDate", "lastExportDate"), TIME),
}
DATED_RATES: Final[Mapping[str, Shape]] = {
    "type": words("tariff-rates"),
    "timestamp": TIME,
    "data": {
        "tariff-version-id": ID,
        "tariff-type": words("static"),
        "currency": CURRENCY,
        "timezone": ZONE,
        "siteDetails": _RATE_DETAILS,
        "buyback": ({"start": CLOCK, "end": CLOCK, "rate": NUMBER},),
    },
}
SAVINGS: Final[Mapping[str, Shape]] = {
    "type": words("monetary-data"),
    "timestamp": TIME,
    "data": {
        **dict.fromkeys(("startDate", "endDate"), TIME),
        **dict.fromkeys(("energy", "monetary"), dict.fromkeys(("imported", "exported"), NUMBER)),
    },
}
CURRENCY_CONVERSION: Final[Mapping[str, Shape]] = {
    "currency_conversion": {
        "value_per_kwh": NUMBER,
        "currency_unit": CURRENCY,
        "currency_symbol": CURRENCY,
        "show_currency_conversion": FLAG,
    }
}

_SITE: Final[Mapping[str, Shape]] = {
    **dict.fromkeys(("id", "site_id", "siteId", "system_id"), ID),
    **dict.fromkeys(("name", "site_name", "siteName", "title", "displayName", "display_name", "address", "path"), NAME),
    "favourite": FLAG,
    "timezone": ZONE,
    "status": WORD,
}
SITES: Final[Mapping[str, Shape]] = {**_SITE, **dict.fromkeys(("sites", "data", "items", "systems"), (_SITE,))}
CLAIMS: Final[Mapping[str, Shape]] = {
    **dict.fromkeys(("user_id", "userId", "userid"), ID),
    **dict.fromkeys(("session_id", "sessionId", "session"), ID),
    **dict.fromkeys(("exp", "iat", "nbf"), TIME),
    "alg": words("HS256 HS384 HS512 RS256 ES256 none"),
    "typ": words("JWT"),
}
"""Header and claims of a token (docs/api.md §1.3)."""
LOGIN: Final[Mapping[str, Shape]] = {
    "message": MESSAGE,
    **dict.fromkeys(("session_id", "sessionId", "session"), ID),
    **dict.fromkeys(("manager_token", "managerToken"), SECRET),
    **dict.fromkeys(("token", "auth_token", "access_token"), SECRET),
    **dict.fromkeys(("expires_at", "expiresAt", "expiration"), TIME),
    **dict.fromkeys(("user_id", "system_id"), ID),
    "redirect_url": NAME,
    **dict.fromkeys(("is_consumer", "requires_mfa", "mfa_required", "success"), FLAG),
    **dict.fromkeys(("isBlocked", "isValid", "isValidMobileNumber"), FLAG),
}
