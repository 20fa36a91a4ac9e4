"""A headless Chromium, driven over its DevTools protocol."""

import asyncio
from asyncio.subprocess import DEVNULL, Process
import base64
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import count
import json
from pathlib import Path
import shutil
import tempfile
import time

from aiohttp import ClientSession, ClientWebSocketResponse

from .api import HomeAssistantApi
from .errors import DemoError

_NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
_START_SECONDS = 30
_SIGNED_IN_SECONDS = 3600
_POLL_SECONDS = 0.1
_SETTLE_SECONDS = 1
_SETTLE_CAPTURES = 10
_FINDS_DEEPLY = """
(selector) => {
  const search = (root) => root.querySelector(selector)
    || [...root.querySelectorAll("*")].reduce((found, e) => found || (e.shadowRoot && search(e.shadowRoot)), null);
  return search(document);
}
"""


def find_chromium() -> Path:
    """Return the browser's command; raises DemoError where none is installed."""
    for name in _NAMES:
        if found := shutil.which(name):
            return Path(found)
    raise DemoError("Screenshots need Chromium, which is not installed (on Debian: apt install chromium).")


@dataclass(slots=True, kw_only=True)
class Page:
    """One page of the browser."""

    socket: ClientWebSocketResponse
    numbers: count[int] = field(default_factory=count)

    async def send(self, method: str, **parameters: object) -> Mapping[str, object]:
        """Send a command and return its result."""
        number = next(self.numbers)
        await self.socket.send_json({"id": number, "method": method, "params": parameters})
        while True:
            match await self.socket.receive_json():
                case {"id": answered, "result": dict(result)} if answered == number:
                    return result
                case {"id": answered, "error": {"message": message}} if answered == number:
                    raise DemoError(f"Chromium refused {method}: {message}")

    async def show_as(self, *, width: int, height: int, time_zone: str = "UTC", dark: bool = False) -> None:
        """Set the size of the window in pixels, the time zone of the browser, and whether pages are to be dark."""
        await self.send("Emulation.setTimezoneOverride", timezoneId=time_zone)
        await self.send(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False
        )
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        await self.send("Emulation.setEmulatedMedia", features=[scheme])

    async def sign_in(self, api: HomeAssistantApi) -> None:
        """Let Home Assistant's frontend find in its storage that the user of an API has signed in."""
        tokens = {
            "access_token": api.token,
            "token_type": "Bearer",
            "refresh_token": "",
            "expires_in": _SIGNED_IN_SECONDS,
            "expires": int((time.time() + _SIGNED_IN_SECONDS) * 1000),
            "hassUrl": api.url,
            "clientId": f"{api.url}/",
        }
        item = json.dumps(json.dumps(tokens))
        await self.send("Page.addScriptToEvaluateOnNewDocument", source=f"localStorage.setItem('hassTokens', {item})")

    async def open(self, url: str) -> None:
        """Open an address and wait until its document is there."""
        await self.send("Page.navigate", url=url)
        await self.wait_for("body")

    async def evaluate(self, expression: str) -> object:
        """Return what a JavaScript expression gives, after it is settled if it is a promise."""
        reply = await self.send("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        match reply:
            case {"exceptionDetails": details}:
                raise DemoError(f"The page raised {details}")
            case {"result": {"value": value}}:
                return value
        return None

    async def has(self, selector: str) -> bool:
        """Tell whether an element exists, be it in a shadow tree."""
        return await self.evaluate(f"({_FINDS_DEEPLY})({json.dumps(selector)}) !== null") is True

    async def wait_for(self, selector: str, *, seconds: float = 30) -> None:
        """Wait until an element exists; raises DemoError when it does not come."""
        try:
            async with asyncio.timeout(seconds):
                while True:
                    if await self.has(selector):
                        return
                    await asyncio.sleep(_POLL_SECONDS)
        except TimeoutError:
            raise DemoError(f"The page did not show {selector} within {seconds:g} seconds.") from None

    async def screenshot(self) -> bytes:
        """Return what the window shows as PNG, once it shows the same twice or has moved for long enough."""
        image = await self._capture()
        for _ in range(_SETTLE_CAPTURES):
            await asyncio.sleep(_SETTLE_SECONDS)
            before, image = image, await self._capture()
            if image == before:
                break
        return image

    async def _capture(self) -> bytes:
        match await self.send("Page.captureScreenshot", format="png"):
            case {"data": str(data)}:
                return base64.b64decode(data)
        raise DemoError("Chromium gave no screenshot.")


@asynccontextmanager
async def browser_page() -> AsyncIterator[Page]:
    """Run a browser with one empty page for as long as the context lasts."""
    command = find_chromium()
    with tempfile.TemporaryDirectory(prefix="chromium-", ignore_cleanup_errors=True) as profile:
        process = await asyncio.create_subprocess_exec(
            command,
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            "--hide-scrollbars",
            "--disable-background-networking",
            "--no-first-run",
            "--remote-debugging-port=0",
            f"--user-data-dir={profile}",
            "about:blank",
            stdout=DEVNULL,
            stderr=DEVNULL,
        )
        try:
            port = await _debugging_port(process, Path(profile))
            async with ClientSession() as http, http.get(f"http://127.0.0.1:{port}/json/list") as reply:
                targets = await reply.json()
                address = next(target["webSocketDebuggerUrl"] for target in targets if target["type"] == "page")
                async with http.ws_connect(address, max_msg_size=0) as socket:
                    page = Page(socket=socket)
                    await page.send("Page.enable")
                    yield page
                    await page.send("Browser.close")  # which unlike a signal ends all of its processes in order
        finally:
            if process.returncode is None:
                process.terminate()
            await process.wait()


async def _debugging_port(process: Process, profile: Path) -> int:
    told = profile / "DevToolsActivePort"
    async with asyncio.timeout(_START_SECONDS):
        while process.returncode is None:
            if told.exists() and (lines := told.read_text(encoding="utf-8").splitlines()):
                return int(lines[0])
            await asyncio.sleep(_POLL_SECONDS)
    raise DemoError("Chromium could not be started.")
