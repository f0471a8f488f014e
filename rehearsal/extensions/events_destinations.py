"""Requests to API destinations, after "API destinations as targets" in the EventBridge User Guide.

OAuth is not played: no receiver issues tokens.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any
from urllib.parse import urlencode

from rehearsal.accounts import backend_at, place_of
from rehearsal.extensions.events_roles import check_role
from rehearsal.receivers.post import Delivery, current
from rehearsal.resource_policies import Caller

SERVICE = "events.amazonaws.com"
AGENT = "Amazon/EventBridge/ApiDestinations"
JSON_CONTENT = "application/json; charset=utf-8"


def invoke(rule: Any, target: Mapping[str, Any], text: str, done: Callable[[bool], None]) -> None:
    """Sends the request of a target. Raises LookupError for a destination or connection that is gone, NotAllowed for its role."""
    destination = _by_arn(backend_at("events", target["Arn"]).destinations, target["Arn"])
    connection = _by_arn(backend_at("events", destination.connection_arn).connections, destination.connection_arn)
    source = Caller(place_of(rule.arn).account_id, rule.arn, service=SERVICE)
    check_role(str(target.get("RoleArn")), SERVICE, source, "events:InvokeApiDestination", destination.arn)
    if connection.authorization_type == "OAUTH_CLIENT_CREDENTIALS":
        raise LookupError("OAuth is not played")
    given, extra = target.get("HttpParameters") or {}, connection.auth_parameters.get("InvocationHttpParameters") or {}
    headers = {
        "Content-Type": JSON_CONTENT,
        "User-Agent": AGENT,
        **(given.get("HeaderParameters") or {}),
        **_pairs(extra.get("HeaderParameters")),
        **_authorization(connection),
    }
    query = {**(given.get("QueryStringParameters") or {}), **_pairs(extra.get("QueryStringParameters"))}
    url = _url(destination.invocation_endpoint, given.get("PathParameterValues") or [], query)
    body = _body(text, _pairs(extra.get("BodyParameters")))
    current.send(Delivery(url, destination.http_method, headers, body, lambda status: done(200 <= status < 300)))


def _by_arn(known: Mapping[str, Any], arn: str) -> Any:
    found = next((one for one in known.values() if one.arn == arn), None)
    if found is None:
        raise LookupError(arn)
    return found


def _pairs(parameters: Iterable[Mapping[str, Any]] | None) -> dict[str, str]:
    return {str(one["Key"]): str(one["Value"]) for one in parameters or []}


def _authorization(connection: Any) -> dict[str, str]:
    parameters = connection.auth_parameters
    if connection.authorization_type == "API_KEY":
        key = parameters["ApiKeyAuthParameters"]
        return {key["ApiKeyName"]: key["ApiKeyValue"]}
    basic = parameters["BasicAuthParameters"]
    return {"Authorization": f"Basic {base64.b64encode(f'{basic["Username"]}:{basic["Password"]}'.encode()).decode()}"}


def _url(endpoint: str, values: Iterable[str], query: Mapping[str, str]) -> str:
    """The endpoint with its asterisks replaced, in order."""
    for value in values:
        endpoint = endpoint.replace("*", value, 1)
    separator = "&" if "?" in endpoint else "?"
    return f"{endpoint}{separator}{urlencode(query)}" if query else endpoint


def _body(text: str, parameters: Mapping[str, str]) -> str:
    """A JSON object takes up the connection's parameters."""
    if not parameters:
        return text
    content = json.loads(text)
    return json.dumps({**content, **parameters}) if isinstance(content, dict) else text
