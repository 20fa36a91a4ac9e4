"""The frame of all actions: how one is described, how it acts on many targets, and how it replies."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from homeassistant.core import ServiceCall, ServiceResponse, SupportsResponse
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers.typing import VolSchemaType
from homeassistant.util.json import JsonObjectType, JsonValueType

from ..const import DOMAIN


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """An action to register. `admin` keeps it for administrators."""

    name: str
    handler: Callable[[ServiceCall], Coroutine[Any, Any, ServiceResponse]]
    schema: VolSchemaType
    response: SupportsResponse = SupportsResponse.NONE
    admin: bool = False


class Target(Protocol):
    """What an action is aimed at: a charger or a site."""

    @property
    def described(self) -> JsonObjectType:
        """How a reply names the target."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Outcome[TargetT: Target]:
    target: TargetT
    result: JsonObjectType | HomeAssistantError


def _failed(error: HomeAssistantError) -> JsonObjectType:
    return {"error": str(error)}


async def async_act[TargetT: Target](
    call: ServiceCall,
    targets: Sequence[TargetT],
    act: Callable[[TargetT], Awaitable[JsonObjectType]],
    *,
    reply_key: str = "chargers",
    failed: Callable[[HomeAssistantError], JsonObjectType] = _failed,
    is_news: Callable[[HomeAssistantError], bool] = lambda _: False,
) -> ServiceResponse:
    """Act on all targets side by side; one failure does not stop the others.

    A caller who wants a reply finds one entry a target under `reply_key`, failures as `failed` puts them. Failures are
    raised, named and once all is done, if the caller wants no reply, or if there is nothing else to reply: a failure
    that `is_news` is something to reply.
    """

    async def outcome(target: TargetT) -> _Outcome[TargetT]:
        try:
            return _Outcome(target=target, result=await act(target))
        except HomeAssistantError as failure:
            return _Outcome(target=target, result=failure)

    outcomes = await asyncio.gather(*(outcome(target) for target in targets))
    failures = [each.result for each in outcomes if isinstance(each.result, HomeAssistantError)]
    if not call.return_response or (len(failures) == len(outcomes) and not any(map(is_news, failures))):
        _raise(failures)
    if not call.return_response:
        return None
    replies: list[JsonValueType] = [
        each.target.described | (failed(each.result) if isinstance(each.result, HomeAssistantError) else each.result)
        for each in outcomes
    ]
    return {reply_key: replies}


def _raise(failures: Sequence[HomeAssistantError]) -> None:
    """Raise what failed, several failures as one, which is the caller's mistake if all of them are."""
    if len({str(failure) for failure in failures}) == 1:
        raise failures[0]
    if failures:
        is_mistake = all(isinstance(failure, ServiceValidationError) for failure in failures)
        raise (ServiceValidationError if is_mistake else HomeAssistantError)(
            translation_domain=DOMAIN,
            translation_key="several_failed",
            translation_placeholders={"failures": " ".join(str(failure) for failure in failures)},
        )
