"""What the caller of an action may do, by the policies that Home Assistant checks for its own entity actions."""

from enum import StrEnum
from typing import Self

from homeassistant.auth.models import User
from homeassistant.auth.permissions.const import POLICY_CONTROL, POLICY_READ
from homeassistant.core import ServiceCall
from homeassistant.exceptions import Unauthorized, UnknownUser


class Right(StrEnum):
    """What an action does with what it is aimed at."""

    READ = POLICY_READ
    CONTROL = POLICY_CONTROL


class Caller:
    """Who called an action: a person, or an automation or script, which may do everything."""

    def __init__(self, call: ServiceCall, user: User | None) -> None:
        self._call = call
        self._user = user

    @classmethod
    async def async_of(cls, call: ServiceCall) -> Self:
        """Return the caller. Raises UnknownUser if that is a person who does not exist any more."""
        if call.context.user_id is None:
            return cls(call, None)
        user = await call.hass.auth.async_get_user(call.context.user_id)
        if user is None:
            raise UnknownUser(context=call.context)
        return cls(call, user)

    def may(self, right: Right, entity_id: str) -> bool:
        """Return whether the caller has a right to an entity."""
        return self._user is None or self._user.is_admin or self._user.permissions.check_entity(entity_id, right)

    def require(self, right: Right, entity_id: str) -> None:
        """Raise Unauthorized unless the caller has a right to an entity."""
        if not self.may(right, entity_id):
            raise Unauthorized(context=self._call.context, entity_id=entity_id, permission=right)

    def require_admin(self) -> None:
        """Raise Unauthorized unless the caller is an administrator."""
        if self._user is not None and not self._user.is_admin:
            raise Unauthorized(context=self._call.context)
