"""The client records what it asks and what it is told, and nothing that signs somebody in."""

import json

import pytest

from custom_components.enphase_cloud_things.enlighten import ChargeMode, EnlightenClient, EnlightenError
from custom_components.enphase_cloud_things.enlighten.recording.ring import Recorder
from simulator import OWNER_EMAIL, OWNER_KEY, Family, ManualClock, Simulator, World, faults
from tests.client.conftest import Connect, client, clock, connect, hosts, unattended, visitor, world

from .replies import SERIAL, SITE, document

__all__ = ["client", "clock", "connect", "hosts", "unattended", "visitor", "world"]


@pytest.fixture
def recorder() -> Recorder:
    """What the client of the test is recorded with."""
    return Recorder()


@pytest.fixture
async def recorded_client(connect: Connect, recorder: Recorder) -> EnlightenClient:
    """A signed-in client that is recorded."""
    client = await connect(recorder=recorder)
    await client.session.sign_in(OWNER_EMAIL, OWNER_KEY)
    return client


async def test_replies_are_recorded_with_what_was_asked(
    recorded_client: EnlightenClient, recorder: Recorder, clock: ManualClock
) -> None:
    await recorded_client.status(SITE)
    row = document(recorder)[-1]
    assert row["family"] == "status"
    assert row["status"] == 200
    assert row["at"] == clock().isoformat()
    assert str(row["path"]).endswith("/ev_chargers/status")
    assert isinstance(row["json"], dict)


async def test_polls_that_bring_nothing_new_are_counted(
    recorded_client: EnlightenClient, recorder: Recorder, clock: ManualClock
) -> None:
    for _ in range(4):
        await recorded_client.status(SITE)
        clock.tick(10)
    assert document(recorder)[-1]["times"] == 4


async def test_refused_commands_are_recorded_with_the_reason(
    recorded_client: EnlightenClient, recorder: Recorder
) -> None:
    with pytest.raises(EnlightenError):
        await recorded_client.start_charging(SITE, SERIAL, level=16)
    row = document(recorder)[-1]
    assert row["method"] == "POST"
    assert row["sent"] == {"chargingLevel": 16, "connectorId": 1}
    assert row["status"] == 400
    assert "Charger is not plugged to EV" in json.dumps(row["json"])


async def test_a_connection_that_breaks_is_recorded(
    recorded_client: EnlightenClient, recorder: Recorder, simulator: Simulator
) -> None:
    simulator.faults.add(faults.dropped(), Family.MODE)
    with pytest.raises(EnlightenError):
        await recorded_client.set_charge_mode(SITE, SERIAL, ChargeMode.GREEN)
    row = document(recorder)[-1]
    assert row["family"] == "mode"
    assert row["failure"]
    assert "status" not in row


async def test_a_sign_in_is_recorded_without_what_was_typed(
    recorded_client: EnlightenClient, recorder: Recorder, world: World
) -> None:
    rows = document(recorder)
    login = next(row for row in rows if row["path"] == "/login/login.json")
    assert "sent" not in login
    assert "_enlighten_4_session" in str(login["cookies"])
    kept = [recorded.body + recorded.asked.sent for recorded in recorder.recorded]
    assert not [body for body in kept if OWNER_KEY.encode() in body]
    secrets = [text for session in world.accounts.sessions for text in (session.session_id, session.manager_token)]
    assert not [secret for secret in (*secrets, OWNER_EMAIL, world.account.user_id) if secret in json.dumps(rows)]
