"""Signing in: password, browser form, one-time codes and the token route (docs/api.md §2)."""

import base64
import binascii
from http import HTTPStatus
import json
from urllib.parse import quote

from simulator.accounts import (
    Account,
    CapShape,
    Challenge as PendingCode,
    ChallengeShape,
    CodeCheck,
    LoginShape,
    RefusalShape,
    TokenShape,
    WebSession,
    new_cookie_value,
)
from simulator.families import Family
from simulator.gate import not_acceptable
from simulator.pages import CODE_PAGE, HOME_PAGE, LOGIN_PAGE
from simulator.reply import Reply, empty_reply, html_reply, json_reply, redirect, text_reply
from simulator.routing import SESSION_COOKIE, Accepts, Access, Call, Route, unauthorized
from simulator.tokens import Token
from simulator.wire import Json, epoch_seconds, offset_iso

NONCE_COOKIE = "login_otp_nonce"
MANAGER_COOKIE = "enlighten_manager_token_production"
CAP_TEXT = "You have too many active sessions. Please log out of another device and try again."


def _login_json(call: Call) -> Reply:
    if call.world.presentation.json_login_refused:
        return not_acceptable()
    accounts = call.world.accounts
    form = call.form
    account = accounts.matching(form.get("user[email]", ""), form.get("user[password]", ""))
    if account is None:
        return _wrong_password(accounts.by_email.get(form.get("user[email]", "").strip().casefold()))
    if account.blocked:
        return json_reply({"success": False, "isBlocked": True})
    if account.one_time_codes:
        return _challenged(call, account)
    session = accounts.open_session(account)
    if session is None:
        return _too_many_sessions(account)
    return _logged_in(call, session)


def _wrong_password(account: Account | None) -> Reply:
    shape = account.refusal_shape if account else RefusalShape.UNAUTHORIZED
    match shape:
        case RefusalShape.UNAUTHORIZED:
            return json_reply({"error": "Invalid email or password."}, HTTPStatus.UNAUTHORIZED)
        case RefusalShape.FORBIDDEN:
            return json_reply({"error": "Invalid email or password."}, HTTPStatus.FORBIDDEN)
        case RefusalShape.SUCCESS_FALSE:
            return json_reply({"success": False, "isBlocked": False})


def _too_many_sessions(account: Account) -> Reply:
    match account.cap_shape:
        case CapShape.OBJECT:
            return json_reply({"success": False, "message": CAP_TEXT})
        case CapShape.NESTED:
            return json_reply({"success": False, "error": {"details": [{"message": CAP_TEXT}]}})
        case CapShape.LIST:
            return json_reply(["error", {"message": CAP_TEXT}])
        case CapShape.ESCAPED:
            return json_reply(json.dumps({"message": CAP_TEXT}))
        case CapShape.PLAIN_TEXT:
            return text_reply(CAP_TEXT)
        case CapShape.STATUS_422:
            return json_reply({"message": CAP_TEXT}, HTTPStatus.UNPROCESSABLE_ENTITY)


def _logged_in(call: Call, session: WebSession) -> Reply:
    return _login_body(session).with_cookies(*session_cookies(call, session))


def _login_body(session: WebSession) -> Reply:
    match session.account.login_shape:
        case LoginShape.FULL:
            return json_reply(_session_body(session))
        case LoginShape.EMPTY_OBJECT:
            return json_reply({})
        case LoginShape.EMPTY_BODY:
            return empty_reply(HTTPStatus.OK)
        case LoginShape.MANAGER_WITHOUT_SESSION:
            return json_reply({"message": "success", "manager_token": session.manager_token})
        case LoginShape.SUCCESS_WITHOUT_NONCE:
            return json_reply({"success": True, "isBlocked": False})
        case LoginShape.REDIRECT:
            return redirect("/")


def _session_body(session: WebSession) -> dict[str, Json]:
    return {
        "message": "success",
        "session_id": session.session_id,
        "manager_token": session.manager_token,
        "is_consumer": True,
        "system_id": next(iter(session.account.site_ids), ""),
        "redirect_url": "",
    }


def session_cookies(call: Call, session: WebSession) -> tuple[tuple[str, str], ...]:
    """Return the cookies of a signed-in browser."""
    return (
        (SESSION_COOKIE, session.cookie),
        (MANAGER_COOKIE, session.manager_token),
        ("XSRF-TOKEN", f'"{quote(session.csrf, safe="")}"'),
        ("appVersion", call.world.presentation.app_version),
    )


def _challenged(call: Call, account: Account) -> Reply:
    challenge = call.world.accounts.challenge(account)
    return _challenge_body(account).with_cookies(*_challenge_cookies(challenge))


def _challenge_body(account: Account) -> Reply:
    match account.challenge_shape:
        case ChallengeShape.REQUIRES_MFA:
            return json_reply({"requires_mfa": True})
        case ChallengeShape.MFA_REQUIRED:
            return json_reply({"mfa_required": True})
        case ChallengeShape.SUCCESS_AND_NONCE:
            return json_reply({"success": True, "isBlocked": False})


def _challenge_cookies(challenge: PendingCode) -> tuple[tuple[str, str], ...]:
    return (
        (NONCE_COOKIE, challenge.nonce),
        (SESSION_COOKIE, challenge.cookie),
        ("email", quote(challenge.account.email, safe="")),
    )


def _login_form(call: Call) -> Reply:
    accounts = call.world.accounts
    form = call.form
    account = accounts.matching(form.get("user[email]", ""), form.get("user[password]", ""))
    if account is None or account.blocked:
        return _login_page(call)
    if account.one_time_codes:
        return redirect("/login/otp").with_cookies(*_challenge_cookies(accounts.challenge(account)))
    session = accounts.open_session(account)
    if session is None:
        return html_reply(LOGIN_PAGE.replace("<form", f"<p>{CAP_TEXT}</p><form", 1))
    return redirect("/").with_cookies(*session_cookies(call, session))


def _login_page(call: Call) -> Reply:
    page = html_reply(LOGIN_PAGE)
    return page if SESSION_COOKIE in call.cookies else page.with_cookies((SESSION_COOKIE, new_cookie_value()))


def _code_page(_call: Call) -> Reply:
    return html_reply(CODE_PAGE)


def _home_page(call: Call) -> Reply:
    session = call.world.accounts.session_of_cookie(call.cookies.get(SESSION_COOKIE))
    return redirect("/login") if session is None else html_reply(HOME_PAGE)


def _validate_code(call: Call) -> Reply:
    accounts = call.world.accounts
    challenge = accounts.pending_challenge(call.cookies.get(NONCE_COOKIE))
    if challenge is None:
        return unauthorized()
    email, code = _decoded(call.form.get("email", "")), _decoded(call.form.get("otp", ""))
    if email is None or code is None:
        return json_reply({"isValid": False, "isBlocked": False}, HTTPStatus.BAD_REQUEST)
    if email.casefold() != challenge.account.email.casefold():
        return unauthorized()
    match accounts.check_code(challenge, code):
        case CodeCheck.ACCEPTED:
            return _code_accepted(call, challenge.account)
        case CodeCheck.BLOCKED:
            return json_reply({"isValid": False, "isBlocked": True})
        case _:
            return json_reply({"isValid": False, "isBlocked": False})


def _code_accepted(call: Call, account: Account) -> Reply:
    session = call.world.accounts.open_session(account)
    if session is None:
        return _too_many_sessions(account)
    body: Json = {**_session_body(session), "isValidMobileNumber": True}
    return json_reply(body).with_cookies(*session_cookies(call, session))


def _decoded(text: str) -> str | None:
    try:
        return base64.b64decode(text, validate=True).decode()
    except binascii.Error, UnicodeDecodeError:
        return None


def _resend_code(call: Call) -> Reply:
    accounts = call.world.accounts
    challenge = accounts.pending_challenge(call.cookies.get(NONCE_COOKIE))
    if challenge is None:
        return unauthorized()
    match accounts.resend_code(challenge):
        case CodeCheck.TOO_EARLY:
            return Reply(status=HTTPStatus.TOO_MANY_REQUESTS, headers=(("Retry-After", "30"),))
        case CodeCheck.BLOCKED:
            return json_reply({"success": False, "isBlocked": True})
        case _:
            reply = json_reply({"success": True, "isBlocked": False})
            return reply.with_cookies((NONCE_COOKIE, challenge.nonce))


def _token(call: Call) -> Reply:
    session = call.session
    token = call.world.accounts.fetch_token(session)
    if token is None:
        return unauthorized()
    return json_reply(_token_body(token, session.account.token_shape)).with_cookies((SESSION_COOKIE, session.cookie))


def _token_body(token: Token, shape: TokenShape) -> dict[str, Json]:
    expiry = epoch_seconds(token.expires_at)
    match shape:
        case TokenShape.ORDINARY:
            return {"token": token.text, "expires_at": expiry}
        case TokenShape.CAMEL_CASE:
            return {"access_token": token.text, "expiresAt": expiry}
        case TokenShape.SNAKE_CASE:
            return {"auth_token": token.text, "expiration": expiry}
        case TokenShape.TEXT_EXPIRY:
            return {"token": token.text, "expires_at": offset_iso(token.expires_at)}
        case TokenShape.NO_EXPIRY:
            return {"token": token.text}


ROUTES = (
    Route(
        method="POST",
        template="/login/login.json",
        family=Family.LOGIN,
        handler=_login_json,
        access=Access.PUBLIC,
    ),
    Route(
        method="POST",
        template="/login/login",
        family=Family.LOGIN,
        handler=_login_form,
        access=Access.PUBLIC,
        accepts=Accepts.PAGE,
    ),
    Route(
        method="POST",
        template="/app-api/validate_login_otp",
        family=Family.ONE_TIME_CODE,
        handler=_validate_code,
        access=Access.PUBLIC,
    ),
    Route(
        method="POST",
        template="/app-api/generate_mfa_login_otp",
        family=Family.RESEND,
        handler=_resend_code,
        access=Access.PUBLIC,
    ),
    Route(method="GET", template="/users/self/token", family=Family.JWT, handler=_token),
    Route(method="GET", template="/", family=Family.PAGE, handler=_home_page, access=Access.PUBLIC),
    Route(method="GET", template="/login", family=Family.PAGE, handler=_login_page, access=Access.PUBLIC),
    Route(method="GET", template="/login/otp", family=Family.PAGE, handler=_code_page, access=Access.PUBLIC),
)
