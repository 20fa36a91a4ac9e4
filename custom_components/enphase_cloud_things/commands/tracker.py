"""The commands whose outcome is still open, by charger."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Final

from homeassistant.core import CALLBACK_TYPE, callback

from ..chargers.polling import Part, Read
from ..enlighten import ChargeMode
from .rules import (
    CommandKind,
    PendingCommand,
    Reading,
    Wish,
    acknowledge,
    ask_for,
    expire,
    next_read_at,
    reject,
    settle,
    submit,
)

_EVIDENCE: Final[Mapping[CommandKind, Part]] = {
    CommandKind.MODE: Part.MODE,
    CommandKind.USE_BATTERY: Part.GREEN,
    CommandKind.APP_AUTHENTICATION: Part.CONFIGURATION,
    CommandKind.DEFAULT_LEVEL: Part.CONFIGURATION,
}


class OpenCommands:
    """Keeps open commands, judges them by what is read, and tells listeners about outcomes."""

    def __init__(self) -> None:
        """Start without any command."""
        self._by_serial: dict[str, tuple[PendingCommand, ...]] = {}
        self._listeners: list[Callable[[PendingCommand], None]] = []

    def of(self, serial: str) -> tuple[PendingCommand, ...]:
        """Return the open commands of a charger."""
        return self._by_serial.get(serial, ())

    def __bool__(self) -> bool:
        """Whether any outcome is open."""
        return any(self._by_serial.values())

    @callback
    def async_add_listener(self, listener: Callable[[PendingCommand], None]) -> CALLBACK_TYPE:
        """Call the listener with every command whose outcome becomes known."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def submit(self, command: PendingCommand) -> None:
        """Take a command that is being sent; it supersedes what it contradicts."""
        self._replace(command.serial, submit(self.of(command.serial), command))

    def acknowledge(self, command: PendingCommand, at: datetime) -> None:
        """Note when the cloud answered a command."""
        self._change(command, lambda each: acknowledge(each, at))

    def ask_for(self, command: PendingCommand, wish: Wish) -> None:
        """Note that what a command is for has changed on its way."""
        self._change(command, lambda each: ask_for(each, wish))

    def reject(self, command: PendingCommand, reason: str | None, at: datetime) -> None:
        """Note that the cloud refused a command."""
        self._change(command, lambda each: reject(each, reason, at))

    def judge(
        self,
        serial: str,
        reading: Reading,
        *,
        read_started_at: datetime,
        now: datetime,
        mode: ChargeMode | None,
        authentication_required: bool,
    ) -> None:
        """Hold the open commands of a charger against a reading (see `commands.rules.settle`)."""
        self._replace(
            serial,
            [
                settle(
                    command,
                    reading,
                    read_started_at=read_started_at,
                    now=now,
                    mode=mode,
                    authentication_required=authentication_required,
                )
                for command in self.of(serial)
            ],
        )

    def expire(self, now: datetime) -> None:
        """Give up on commands that have shown nothing until their deadline."""
        for serial, commands in tuple(self._by_serial.items()):
            self._replace(serial, [expire(command, now) for command in commands])

    def wanted_reads(self) -> set[Read]:
        """Return the reads, beside the status, that can show the outcome of an open command."""
        return {
            Read(part=_EVIDENCE[command.kind], serial=command.serial)
            for commands in self._by_serial.values()
            for command in commands
            if command.acknowledged_at is not None and command.kind in _EVIDENCE
        }

    def next_read_at(self, now: datetime) -> datetime | None:
        """Return when a read is most likely to show an outcome."""
        return next_read_at((command for commands in self._by_serial.values() for command in commands), now)

    def _change(self, command: PendingCommand, change: Callable[[PendingCommand], PendingCommand]) -> None:
        commands = self.of(command.serial)
        self._replace(
            command.serial, [change(each) if each.identity == command.identity else each for each in commands]
        )

    def _replace(self, serial: str, commands: Iterable[PendingCommand]) -> None:
        commands = tuple(commands)
        self._by_serial[serial] = tuple(command for command in commands if command.is_open)
        for command in commands:
            if not command.is_open:
                for listener in tuple(self._listeners):
                    listener(command)
