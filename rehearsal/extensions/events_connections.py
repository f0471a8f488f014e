"""Connections and API destinations: what moto accepts and AWS refuses, and secrets that are not shown."""

from __future__ import annotations

import copy
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from rehearsal.accounts import is_arn
from rehearsal.registry import Call, answers, prepare
from rehearsal.replies import Refusal
from rehearsal.transitions import moment

PARAMETERS = {"BASIC": "BasicAuthParameters", "OAUTH_CLIENT_CREDENTIALS": "OAuthParameters", "API_KEY": "ApiKeyAuthParameters"}
HIDDEN = frozenset({"Password", "ClientSecret", "ApiKeyValue"})
MOST_PER_SECOND = 300
_URL = re.compile(r"https://[^/\s?]+[^\s]*")


def missing(kind: str, name: Any) -> Refusal:
    return Refusal("ResourceNotFoundException", f"{kind} '{name}' does not exist.")


def invalid(message: str) -> Refusal:
    return Refusal("ValidationException", message)


def shown(value: Any) -> Any:
    """Authorization parameters as DescribeConnection returns them: without what is secret."""
    if isinstance(value, list):
        return [shown(one) for one in value]
    if not isinstance(value, Mapping):
        return value
    secret = HIDDEN | ({"Value"} if value.get("IsValueSecret") else set())
    return {name: shown(one) for name, one in value.items() if name not in secret}


def _connection(call: Call) -> Any:
    found = call.backend.connections.get(str(call.get("Name")))
    if found is None:
        raise missing("Connection", call.get("Name"))
    return found


def _times(connection: Any) -> dict[str, datetime]:
    kept = connection.__dict__
    return {name: kept[f"rehearsal_{name}"] for name in ("CreationTime", "LastModifiedTime", "LastAuthorizedTime")}


def _summary(connection: Any) -> dict[str, Any]:
    return {"ConnectionArn": connection.arn, "ConnectionState": connection.state, **_times(connection)}


def _check(kind: str, given: Mapping[str, Any]) -> None:
    """Only the parameters of the authorization type, and those with all that it needs."""
    if kind not in PARAMETERS:
        raise invalid(f"AuthorizationType must be one of {', '.join(PARAMETERS)}, not {kind}.")
    if PARAMETERS[kind] not in given:
        raise invalid(f"Parameter {PARAMETERS[kind]} is required for the authorization type {kind}.")
    if others := [name for name in PARAMETERS.values() if name in given and name != PARAMETERS[kind]]:
        raise invalid(f"Parameter {others[0]} does not belong to the authorization type {kind}.")


@answers("events", "CreateConnection")
def create(call: Call) -> Any:
    prepare("secretsmanager")
    name, given = str(call.get("Name")), dict(call.get("AuthParameters") or {})
    if name in call.backend.connections:
        raise Refusal("ResourceAlreadyExistsException", f"Connection {name} already exists.")
    _check(str(call.get("AuthorizationType")), given)
    made = call.backend.create_connection(name, call.get("Description"), call.get("AuthorizationType"), copy.deepcopy(given))
    made.rehearsal_key = call.get("KmsKeyIdentifier")
    for time in ("CreationTime", "LastModifiedTime", "LastAuthorizedTime"):
        made.__dict__[f"rehearsal_{time}"] = moment()
    summary = _summary(made)
    summary.pop("LastAuthorizedTime")
    return summary


@answers("events", "UpdateConnection")
def update(call: Call) -> Any:
    """Parameters of the same authorization type that the call does not give stay as they are; a new type replaces them."""
    found = _connection(call)
    kind, given = call.get("AuthorizationType") or found.authorization_type, call.get("AuthParameters")
    if given is not None:
        kept = found.auth_parameters if kind == found.authorization_type else {}
        merged = _merged(kept, given)
        _check(kind, merged)
        found.auth_parameters, found.authorization_type = merged, kind
        found.__dict__["rehearsal_LastAuthorizedTime"] = moment()
    elif kind != found.authorization_type:
        raise invalid("AuthParameters are required for another authorization type.")
    if call.get("Description") is not None:
        found.description = call.get("Description")
    if call.get("KmsKeyIdentifier") is not None:
        found.rehearsal_key = call.get("KmsKeyIdentifier")
    found.__dict__["rehearsal_LastModifiedTime"] = moment()
    return _summary(found)


def _merged(kept: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(kept)
    for name, value in given.items():
        before = merged.get(name)
        merged[name] = _merged(before, value) if isinstance(before, Mapping) and isinstance(value, Mapping) else copy.deepcopy(value)
    return merged


@answers("events", "DescribeConnection")
def describe(call: Call) -> Any:
    found = _connection(call)
    return {
        **_summary(found),
        "Name": found.name,
        **({"Description": found.description} if found.description else {}),
        "AuthorizationType": found.authorization_type,
        "SecretArn": found.secret_arn,
        "AuthParameters": shown(found.auth_parameters),
        **({"KmsKeyIdentifier": found.rehearsal_key} if found.rehearsal_key else {}),
    }


@answers("events", "ListConnections")
def list_connections(call: Call) -> Any:
    prefix, state = call.get("NamePrefix") or "", call.get("ConnectionState")
    found = [one for name, one in sorted(call.backend.connections.items()) if name.startswith(prefix) and state in (None, one.state)]
    return {"Connections": [{**_summary(one), "Name": one.name, "AuthorizationType": one.authorization_type} for one in found]}


@answers("events", "DeleteConnection")
def delete(call: Call) -> Any:
    """Its API destinations stay, and are inactive."""
    found = _connection(call)
    prepare("secretsmanager")
    summary = _summary(found)
    call.backend.delete_connection(found.name)
    for destination in call.backend.destinations.values():
        if destination.connection_arn == found.arn:
            destination.state = "INACTIVE"
    return {**summary, "ConnectionState": "DELETING"}


def _destination(call: Call) -> Any:
    found = call.backend.destinations.get(str(call.get("Name")))
    if found is None:
        raise missing("An api-destination", call.get("Name"))
    return found


def _check_destination(call: Call) -> None:
    """What is given must be possible."""
    arn, url, rate = call.get("ConnectionArn"), call.get("InvocationEndpoint"), call.get("InvocationRateLimitPerSecond")
    if arn is not None and not (is_arn(arn) and any(one.arn == arn for one in call.backend.connections.values())):
        raise missing("Connection", arn)
    if url is not None and not _URL.fullmatch(url):
        raise invalid(f"Parameter InvocationEndpoint is not valid. Reason: {url} is no URL that begins with https://.")
    if rate is not None and not 1 <= int(rate) <= MOST_PER_SECOND:
        raise invalid(f"Parameter InvocationRateLimitPerSecond must be between 1 and {MOST_PER_SECOND}.")


@answers("events", "CreateApiDestination")
def create_destination(call: Call) -> Any:
    name = str(call.get("Name"))
    if name in call.backend.destinations:
        raise Refusal("ResourceAlreadyExistsException", f"An api-destination '{name}' already exists.")
    _check_destination(call)
    members = ("Description", "ConnectionArn", "InvocationEndpoint", "InvocationRateLimitPerSecond", "HttpMethod")
    description, connection, url, rate, method = (call.get(member) for member in members)
    found: dict[str, Any] = call.backend.create_api_destination(name, description, connection, url, rate or MOST_PER_SECOND, method)
    return found


@answers("events", "UpdateApiDestination")
def update_destination(call: Call) -> Any:
    found = _destination(call)
    _check_destination(call)
    kept = {
        "Description": "description",
        "ConnectionArn": "connection_arn",
        "InvocationEndpoint": "invocation_endpoint",
        "InvocationRateLimitPerSecond": "invocation_rate_limit_per_second",
        "HttpMethod": "http_method",
    }
    for member, attribute in kept.items():
        if call.get(member) is not None:
            setattr(found, attribute, call.get(member))
    if call.get("ConnectionArn") is not None:
        found.state = "ACTIVE"
    return found.describe_short()


@answers("events", "DescribeApiDestination")
def describe_destination(call: Call) -> Any:
    return {name: value for name, value in _destination(call).describe().items() if value is not None}
