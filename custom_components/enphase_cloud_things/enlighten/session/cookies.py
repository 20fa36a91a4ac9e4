"""The cookies of the Enlighten host, kept in the one jar that the HTTP session sends them from.

See docs/api.md §1.2.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from http.cookies import CookieError, Morsel, SimpleCookie
from ipaddress import ip_address
from typing import Final
from urllib.parse import unquote

from aiohttp import CookieJar
from aiohttp.abc import AbstractCookieJar
from yarl import URL

from ..endpoints import Hosts

_SESSION: Final = ("_enlighten_4_session", "enlighten_session", "_enlighten_session")
_MANAGER_TOKEN: Final = "enlighten_manager_token_production"
_CSRF: Final = "xsrf-token"
_TARIFF_CSRF: Final = "bp-xsrf-token"
_CODE_NONCE: Final = "login_otp_nonce"
_APP_VERSION: Final = "appversion"


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredCookie:
    """A cookie as it can be written to a file. `expires` is the date of its header, if it had one."""

    name: str
    value: str = field(repr=False)
    domain: str = ""
    path: str = "/"
    secure: bool = False
    expires: str = ""


def new_cookie_jar(hosts: Hosts) -> CookieJar:
    """Make the jar for an HTTP session that talks to these hosts.

    A jar refuses cookies of IP addresses unless it is told otherwise, which is needed only where a
    host is one.
    """
    return CookieJar(unsafe=any(map(_is_ip_address, (hosts.enlighten, hosts.grid_services))))


def _is_ip_address(base: URL) -> bool:
    try:
        ip_address(base.host or "")
    except ValueError:
        return False
    return True


class EnlightenCookies:
    """What the client reads from, keeps of and restores to the jar."""

    def __init__(self, jar: AbstractCookieJar, base: URL) -> None:
        """Look at the cookies of the host of `base` in that jar."""
        self._jar = jar
        self._base = base.origin()
        self._host = base.raw_host or ""

    @property
    def session(self) -> str | None:
        """The web session. One that is not signed in has such a cookie, too."""
        return next(filter(None, map(self._value, _SESSION)), None)

    @property
    def manager_token(self) -> str | None:
        """The manager token."""
        return self._value(_MANAGER_TOKEN)

    @property
    def rotating(self) -> tuple[str | None, str | None]:
        """What the cloud replaces now and then: the web session and the manager token."""
        return self.session, self.manager_token

    @property
    def csrf_token(self) -> str | None:
        """The value for `X-CSRF-Token`."""
        return _plain(self._value(_CSRF) or self._value(_TARIFF_CSRF))

    @property
    def tariff_csrf_token(self) -> str | None:
        """The value for the `X-XSRF-Token` of the battery and tariff services."""
        return _plain(self._value(_TARIFF_CSRF))

    @property
    def app_version(self) -> str | None:
        """The build of the web page."""
        return self._value(_APP_VERSION)

    @property
    def wants_code(self) -> bool:
        """Whether a challenge for a one-time code is pending."""
        return self._value(_CODE_NONCE) is not None

    def forget_challenge(self) -> None:
        """Drop what is left of an earlier challenge for a one-time code."""
        self._jar.clear(lambda morsel: self._is_ours(morsel) and morsel.key.lower() == _CODE_NONCE)

    def forget_manager_token(self) -> None:
        """Drop the manager token of an earlier session."""
        self._jar.clear(lambda morsel: self._is_ours(morsel) and morsel.key.lower() == _MANAGER_TOKEN)

    def export(self) -> tuple[StoredCookie, ...]:
        """Return all cookies of the host, in a fixed order."""
        cookies = (
            StoredCookie(
                name=morsel.key,
                value=morsel.coded_value,
                domain=morsel["domain"],
                path=morsel["path"] or "/",
                secure=bool(morsel["secure"]),
                expires=morsel["expires"],
            )
            for morsel in self._morsels()
            # Bytes that are no text cannot be stored
            if morsel.coded_value.isprintable()
        )
        return tuple(sorted(cookies, key=lambda cookie: (cookie.name, cookie.domain, cookie.path)))

    def restore(self, cookies: Iterable[StoredCookie]) -> None:
        """Replace all cookies of the host by these; what is no cookie or of another host is left out."""
        self._jar.clear(self._is_ours)
        for cookie in cookies:
            try:
                morsel = self._morsel(cookie)
            except CookieError:
                continue
            self._jar.update_cookies({cookie.name: morsel}, self._base)

    def _morsel(self, cookie: StoredCookie) -> Morsel[str]:
        value, coded_value = SimpleCookie().value_decode(cookie.value)
        morsel: Morsel[str] = Morsel()
        morsel.set(cookie.name, value, coded_value)
        morsel["path"] = cookie.path
        morsel["expires"] = cookie.expires
        if cookie.secure:
            morsel["secure"] = True
        if cookie.domain != self._host:
            # Without a domain the jar binds a cookie to this very host
            morsel["domain"] = cookie.domain
        return morsel

    def _value(self, name: str) -> str | None:
        for morsel in self._morsels():
            if morsel.key.lower() == name and morsel.value and morsel.value.isprintable():
                return morsel.value
        return None

    def _morsels(self) -> Iterator[Morsel[str]]:
        return filter(self._is_ours, self._jar)

    def _is_ours(self, morsel: Morsel[str]) -> bool:
        domain: str = morsel["domain"]
        return self._host == domain or self._host.endswith(f".{domain}")


def _plain(value: str | None) -> str | None:
    return unquote(value.strip('"')) or None if value else None
