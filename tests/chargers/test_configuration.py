"""What the charger's stored settings mean."""

import pytest

from custom_components.enphase_cloud_things.chargers.settings import (
    app_authentication,
    authentication_required,
    default_charge_level,
    setting,
)
from custom_components.enphase_cloud_things.enlighten.models.modes import ConfigurationValue

APP = "sessionAuthentication"
CARD = "rfidSessionAuthentication"
LEVEL = "DefaultChargeLevel"


def test_a_missing_key_is_a_setting_the_charger_does_not_have() -> None:
    values = [ConfigurationValue(key="ConnectorLock")]
    assert setting(values, APP) is None
    assert app_authentication(values) is None
    assert default_charge_level(values) is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("enabled", True),
        ("Enabled ", True),
        ("on", True),
        ("disabled", False),
        ("off", False),
        ("", False),
        (None, False),
        ("perhaps", None),
    ],
)
def test_app_authentication_is_off_without_a_value_and_unclear_for_other_text(
    text: str | None, expected: bool | None
) -> None:
    """Trap 37: a null value means Off, only a missing key means unsupported."""
    assert app_authentication([ConfigurationValue(key=APP, value=text)]) is expected


def test_a_pending_change_leaves_the_old_value_in_force() -> None:
    value = ConfigurationValue(key=APP, value="disabled", pending=True)
    assert app_authentication([value]) is False


@pytest.mark.parametrize(
    ("app", "card", "expected"),
    [
        ("disabled", "disabled", False),
        ("enabled", None, True),
        (None, "enabled", True),
        ("perhaps", None, False),
    ],
)
def test_authentication_is_required_by_the_app_or_a_card(app: str | None, card: str | None, expected: bool) -> None:
    values = [
        ConfigurationValue(key=APP, value=app),
        ConfigurationValue(key=CARD, value=card),
    ]
    assert authentication_required(iter(values)) is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [("30", 30), (" 16 ", 16), (None, None), ("disabled", None), ("0", None), ("-6", None), ("²", None)],
)
def test_the_default_level_is_amps_or_unset(text: str | None, expected: int | None) -> None:
    assert default_charge_level([ConfigurationValue(key=LEVEL, value=text)]) == expected
