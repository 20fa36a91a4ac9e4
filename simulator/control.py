"""The control interface under ``/_control/``: what a person or a script may do to the simulated world."""

from importlib import resources
import json

from aiohttp import web

from .control_actions import ACTIONS
from .control_values import ActionError, Values
from .reply import encoded
from .snapshot import world_state
from .wire import Json
from .world import World

_LIMIT_DIGITS = 6
CONTROL_PREFIX = "/_control"


def control_application(world: World) -> web.Application:
    """Return the application for the control prefix."""
    interface = _Interface(world)
    app = web.Application()
    app.router.add_get("/", interface.page)
    app.router.add_get("/state", interface.state)
    app.router.add_get("/requests", interface.requests)
    app.router.add_post("/{action}", interface.act)
    return app


class _Interface:
    def __init__(self, world: World) -> None:
        self._world = world

    async def page(self, _request: web.Request) -> web.Response:
        page = resources.files(__package__).joinpath("control.html").read_text(encoding="utf-8")
        return web.Response(text=page, content_type="text/html")

    async def state(self, _request: web.Request) -> web.Response:
        return _json(world_state(self._world))

    async def requests(self, request: web.Request) -> web.Response:
        limit = request.query.get("limit", "50")
        if not limit.isdecimal() or len(limit) > _LIMIT_DIGITS:
            return _json({"error": "limit must be a number"}, 400)
        newest = list(self._world.requests)[-int(limit) :] if int(limit) else []
        rows: list[Json] = [
            {
                "number": entry.number,
                "time": entry.time.isoformat(),
                "method": entry.method,
                "family": entry.family.value,
                "path": entry.path,
                "status": entry.status,
                "fault": entry.fault,
            }
            for entry in reversed(newest)
        ]
        return _json(rows)

    async def act(self, request: web.Request) -> web.Response:
        action = ACTIONS.get(request.match_info["action"])
        if action is None:
            return _json({"error": "no such action", "actions": sorted(ACTIONS)}, 404)
        try:
            body: Json = json.loads(await request.text() or "{}")
            action(self._world, Values(body))
        except ActionError as error:
            return _json({"error": str(error)}, 400)
        except ValueError, RecursionError:
            return _json({"error": "the body must be a JSON object"}, 400)
        return _json(world_state(self._world))


def _json(data: Json, status: int = 200) -> web.Response:
    return web.Response(body=encoded(data), status=status, content_type="application/json")
