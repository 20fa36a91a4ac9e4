"""The open commands of one charger."""

import asyncio
from collections.abc import Coroutine, Iterable
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from homeassistant.core import Context

from ..enlighten import ChargeMode
from .command import (
    CHARGING_COMMANDS,
    Command,
    CommandKind,
    Outcome,
    Reading,
    Target,
    accept,
    add,
    expire,
    judge,
    new_command,
    next_read_at,
    settle,
)
from .polling import Part


class Superseded(Exception):
    """A stop has taken the place of a command that was still to be sent or answered."""


class Followed:
    """A command that is followed to its outcome: `now` is the command as it stands, `settled` is done at its end.

    `supersedes` are the kinds of the commands whose place it has taken, `context` says who asked for it.
    """

    def __init__(
        self,
        command: Command,
        *,
        context: Context | None,
        supersedes: frozenset[CommandKind],
        work: set[asyncio.Future[Any]],
    ) -> None:
        self.now = command
        self.context: Final = context
        self.supersedes: Final = supersedes
        self._work = work
        self.settled: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.become(command)

    def become(self, command: Command) -> None:
        """Take the next version of the command."""
        self.now = command
        if not command.is_open and not self.settled.done():
            self.settled.set_result(None)

    def accept(self, at: datetime) -> None:
        """Note when the cloud accepted the command."""
        self.become(accept(self.now, at))

    def settle(self, outcome: Outcome, at: datetime, *, reason: str | None = None) -> None:
        """Note what became of the command, unless that is known already."""
        self.become(settle(self.now, outcome, at, reason=reason))

    def retarget(self, target: Target, *, reason: str | None = None) -> None:
        """Note that what the command is for has changed on its way, as the setpoint may in the pause of a restart."""
        if self.now.is_open:
            self.become(replace(self.now, target=target, reason=reason))

    async def wait(self, seconds: float) -> Command:
        """Wait for the outcome for at most some seconds, and return the command as it stands then."""
        if seconds:
            await asyncio.wait([self.settled], timeout=seconds)
        return self.now

    async def unless_stopped[T](self, work: Coroutine[Any, Any, T]) -> T:
        """Return what some work for the command gives; a stop that somebody asks for meanwhile ends the work.

        Raises:
            Superseded: a stop came first.
        """
        # What can be sent at once is on the wire before anything else is done
        task = asyncio.create_task(work, eager_start=True)
        self._work.add(task)
        try:
            await asyncio.wait([task])
            if task.cancelled():
                raise Superseded
            return task.result()
        finally:
            self._work.discard(task)
            if not task.done():
                task.cancel()
                await asyncio.wait([task])


class OpenCommands:
    """Keeps the open commands of a charger and judges them by what is read."""

    def __init__(self) -> None:
        self._followed: tuple[Followed, ...] = ()
        self._last: Command | None = None
        # What a stop ends: sending a command, and looking and waiting before that
        self._work: set[asyncio.Future[Any]] = set()

    @property
    def all(self) -> tuple[Command, ...]:
        """The commands whose outcome is still to come, in the order of their requests."""
        return tuple(each.now for each in self._followed if each.now.is_open)

    @property
    def newest(self) -> Followed | None:
        """The open command that was asked for last."""
        return next((each for each in reversed(self._followed) if each.now.is_open), None)

    @property
    def chosen_mode(self) -> ChargeMode | None:
        """The mode that was chosen last and has still to show: a start finds the charger in it."""
        return next((each.target for each in reversed(self.all) if isinstance(each.target, ChargeMode)), None)

    @property
    def last(self) -> Command | None:
        """The start, stop or restart that was settled last."""
        settled = [each.now for each in self._followed if not each.now.is_open and each.now.kind in CHARGING_COMMANDS]
        return max(settled, key=lambda each: each.settled_at or each.asked_at, default=self._last)

    def begin(
        self,
        kind: CommandKind,
        *,
        now: datetime,
        target: Target = None,
        connector_id: int | None = None,
        context: Context | None = None,
    ) -> Followed:
        """Take a command that somebody asks for; it supersedes at once what it contradicts."""
        *existing, new = add(self.all, new_command(kind, asked_at=now, target=target, connector_id=connector_id))
        superseded = self._replace(existing)
        if kind is CommandKind.STOP:
            for work in self._work:
                work.cancel()
        followed = Followed(
            new,
            context=context,
            supersedes=frozenset(each.now.kind for each in superseded),
            work=self._work,
        )
        self._followed += (followed,)
        return followed

    def judge(
        self,
        reading: Reading,
        *,
        began: datetime,
        now: datetime,
        mode: ChargeMode | None,
        authentication_required: bool,
    ) -> tuple[Followed, ...]:
        """Hold all commands against a reading (see `command.judge`) and return those that it settles."""
        return self._replace(
            judge(each, reading, began=began, now=now, mode=mode, authentication_required=authentication_required)
            for each in self.all
        )

    def expire(self, now: datetime) -> None:
        """Give up on commands that have shown nothing until their deadline."""
        self._replace(expire(each, now) for each in self.all)

    def wanted_parts(self) -> set[Part]:
        """Return what to read, beside the status, for the effect of accepted commands."""
        return {each.shown_by for each in self.all if each.accepted_at is not None and each.shown_by is not None}

    def next_read_at(self, now: datetime) -> datetime | None:
        """Return when a read is most likely to show an outcome."""
        return next_read_at(self.all, now)

    def _replace(self, commands: Iterable[Command]) -> tuple[Followed, ...]:
        """Take the next version of each open command and return those that are settled by it."""
        commands, self._last = tuple(commands), self.last
        self._followed = tuple(each for each in self._followed if each.now.is_open)
        for followed, command in zip(self._followed, commands, strict=True):
            followed.become(command)
        return tuple(each for each in self._followed if not each.now.is_open)
