"""The record of requests by itself."""

from datetime import timedelta

from simulator import Family, LoggedRequest, ManualClock, RequestLog


def logged(log: RequestLog, clock: ManualClock, family: Family, method: str = "GET") -> None:
    log.append(
        LoggedRequest(
            number=log.next_number(),
            time=clock(),
            wall=clock(),
            method=method,
            host="gs.enphaseenergy.com",
            family=family,
            path="/",
            query={},
            headers={},
            body="",
        )
    )


def test_requests_are_counted_by_family_and_method(clock: ManualClock) -> None:
    log = RequestLog()
    for family, method in ((Family.MODE, "GET"), (Family.MODE, "PUT"), (Family.START, "POST"), (Family.LOGIN, "POST")):
        logged(log, clock, family, method)

    assert (len(log), log.count(), log.logins) == (4, 4, 1)
    assert (log.count(Family.MODE), log.count(Family.MODE, method="PUT"), log.count(method="POST")) == (2, 1, 2)
    assert log.count(Family.MODE, Family.START) == len(log.of(Family.MODE, Family.START)) == 3
    log.clear()
    assert (len(log), log.count(), list(log)) == (0, 0, [])
    assert log.next_number() == 5


def test_what_can_be_read_has_a_bound_and_what_is_counted_has_none(clock: ManualClock) -> None:
    log = RequestLog()
    for _ in range(100_001):
        logged(log, clock, Family.STATUS)

    assert log.count(Family.STATUS) == 100_001
    assert [len(list(log)), next(iter(log)).number] == [100_000, 2]


def test_recent_requests_are_told_from_older_ones(clock: ManualClock) -> None:
    log = RequestLog()
    for _ in range(5):
        logged(log, clock, Family.STATUS)
        clock.tick(20)

    assert log.within(timedelta(seconds=60), clock()) == 2
    assert log.within(timedelta(hours=1), clock()) == 5
