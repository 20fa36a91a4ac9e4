"""What the caller of an action may do, by the policies that Home Assistant checks for its own entity actions."""

from enum import StrEnum
from typing import Self

from homeassistant.auth.models import User
from homeassistant.auth.permissions.const import POLICY_CONTROL, POLICY_READ
from homeassistant.core import Context, HomeAssistant
from homeassistant.exceptions import Unauthorized, UnknownUser


class Right(StrEnum):
    """What an action does with what it is aimed at."""

    READ = POLICY_READ
    CONTROL = POLICY_CONTROL


class Caller:
    """Who asks for something: a person, or an automation or script, which may do everything."""

    def __init__(self, context: Context, user: User | None) -> None:
        self._context = context
        self._user = user

    @classmethod
    async def async_of(cls, hass: HomeAssistant, context: Context) -> Self:
        """Return the caller. Raises UnknownUser if that is a person who does not exist any more."""
        if context.user_id is None:
            return cls(context, None)
        user = await hass.auth.async_get_user(context.user_id)
        if user is None:
            raise UnknownUser(context=context)
        return cls(context, user)

    def may(self, right: Right, entity_id: str) -> bool:
        """Return whether the caller has a right to an entity."""
        return self._user is None or self._user.is_admin or self._user.permissions.check_entity(entity_id, right)

    def require(self, right: Right, entity_id: str) -> None:
        """Raise Unauthorized unless the caller has a right to an entity."""
        if not self.may(right, entity_id):
            raise Unauthorized(context=self._context, entity_id=entity_id, permission=right)

    def require_admin(self) -> None:
        """Raise Unauthorized unless the caller is an administrator."""
        if self._user is not None and not self._user.is_admin:
            raise Unauthorized(context=self._context)
