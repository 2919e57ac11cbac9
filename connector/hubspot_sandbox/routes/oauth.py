"""Tokens: exchanging, looking into and revoking them, in the old form (v1) and the later ones; and static tokens."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

from hubspot_sandbox import refusals
from hubspot_sandbox.access import ALL_SCOPES, LIFETIME_S
from hubspot_sandbox.bodies.account import TokenIn
from hubspot_sandbox.bodies.body import read
from hubspot_sandbox.json_views import Answer, Json
from hubspot_sandbox.refusals import Refused

if TYPE_CHECKING:
    from hubspot_sandbox.oauth import App
    from hubspot_sandbox.routes.call import Call

_SERVICE_USER_ID, _SERVICE_APP_ID = 61_000_001, 2_900_001
_NEEDS_HEADER = "pat-eu1"  # a European token is looked into only by who also sends it as the bearer
_GRANTS = ("authorization_code", "client_credentials", "refresh_token")


def exchange(call: Call) -> Answer:
    """An access token for a refresh token, an authorization code, or the app's own credentials."""
    form = _form(call)
    grant = form.get("grant_type", "")
    if grant not in _GRANTS:
        raise Refused(400, f"missing or unknown grant type {grant}".rstrip(), label="BAD_GRANT_TYPE")
    app = _client(call, form)
    refresh_token = _entitled(call, app, form, grant)
    token = call.access.issue(app, call.now_ms)
    body: Json = {"token_type": "bearer", "access_token": token, "expires_in": LIFETIME_S}
    if refresh_token is not None:
        body["refresh_token"] = refresh_token
    if call.version != "v1":
        body |= {
            "token_use": "access_token",
            "hub_id": call.portal.account.portal_id,
            "scopes": list(call.access.scopes(token) or ()),
            "user_id": app.user_id,
        }
    return Answer(200, body)


def _entitled(call: Call, app: App, form: dict[str, str], grant: str) -> str | None:
    """The refresh token that comes with the answer; the app's own credentials bring none."""
    if grant == "refresh_token":
        call.access.apps.refreshed(app, form.get("refresh_token", ""))
        return form["refresh_token"]
    if grant == "authorization_code":
        if not form.get("code"):
            raise Refused(400, "missing or unknown auth code", label="BAD_AUTH_CODE")
        return app.refresh_token
    return None


def introspect(call: Call) -> Answer:
    """What a token is; one that is no more is `{"active": false}`."""
    form = _form(call)
    _client(call, form)
    token = form.get("token", "")
    app = call.access.apps.of_refresh(token)
    if app is not None:
        return Answer(200, _refresh_info(call, app, token) | {"active": True, "token_use": "refresh_token"})
    token_info = _access_info(call, token)
    return Answer(
        200, {"active": False} if token_info is None else token_info | {"active": True, "token_use": "access_token"}
    )


def revoke(call: Call) -> Answer:
    """End a refresh or an access token; one that nobody has is fine."""
    form = _form(call)
    _client(call, form)
    token = form.get("token", "")
    call.access.apps.revoke_refresh(token)
    if call.access.apps.of_access(token) is not None:
        call.access.revoke(token)
    return Answer(200, {})


def access_token(call: Call) -> Answer:
    """What an access token is, in the old form: the token is in the path, and all one needs."""
    token_info = _access_info(call, call.params["token"])
    if token_info is None:
        raise refusals.not_found("access token not found or expired")
    return Answer(200, token_info)


def refresh_token(call: Call) -> Answer:
    """What a refresh token is, in the old form."""
    token = call.params["token"]
    app = call.access.apps.of_refresh(token)
    if app is None:
        raise refusals.not_found("refresh token not found")
    return Answer(200, _refresh_info(call, app, token))


def end_refresh_token(call: Call) -> Answer:
    """Revoke in the old form."""
    call.access.apps.revoke_refresh(call.params["token"])
    return Answer(204)


def static_token(call: Call) -> Answer:
    """The scopes of a private app's token or a service key; undocumented, and widely used."""
    token = read(TokenIn, call.body).token_key
    if token.startswith(_NEEDS_HEADER) or call.authorization:
        call.access.caller(call.authorization, call.now_ms)
    scopes = call.access.scopes(token)
    if scopes is None:
        raise refusals.no_such_record()
    portal_id = call.portal.account.portal_id
    body: Json = {"userId": _SERVICE_USER_ID, "hubId": portal_id, "appId": _SERVICE_APP_ID, "scopes": list(scopes)}
    return Answer(200, body)


def _access_info(call: Call, token: str) -> Json | None:
    app, grant = call.access.apps.of_access(token), call.access.granted(token)
    if app is None or grant is None or grant.expires_ms is None or grant.expires_ms <= call.now_ms:
        return None
    common = _common(call, app, token)
    return common | {
        "hub_domain": "sandbox.example",
        "app_id": app.app_id,
        "scopes": list(grant.scopes),
        "expires_in": (grant.expires_ms - call.now_ms) // 1000,
        "token_type": "access",
        "is_private_distribution": True,
    }


def _refresh_info(call: Call, app: App, token: str) -> Json:
    scopes = list(ALL_SCOPES if app.scopes is None else app.scopes)
    return _common(call, app, token) | {
        "hub_domain": "sandbox.example",
        "app_id": app.app_id,
        "scopes": scopes,
        "token_type": "refresh",
    }


def _common(call: Call, app: App, token: str) -> Json:
    return {
        "token": token,
        "user": app.user,
        "user_id": app.user_id,
        "hub_id": call.portal.account.portal_id,
        "client_id": app.client_id,
    }


def _client(call: Call, form: dict[str, str]) -> App:
    return call.access.apps.client(form.get("client_id", ""), form.get("client_secret", ""))


def _form(call: Call) -> dict[str, str]:
    try:
        return dict(parse_qsl(call.body.decode()))
    except UnicodeDecodeError:
        raise refusals.invalid("The body is not a form.") from None
