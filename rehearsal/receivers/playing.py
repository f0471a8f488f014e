"""How receivers answer. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs

PAGERDUTY, SLACK, SILENT, FAILING = "pagerduty", "slack", "silent", "failing"
_INTEGRATION = re.compile(r"/(?:integration/[^/]+|v2)/enqueue|/adapter/[^/]+/[^/]+")
_WEBHOOK = re.compile(r"/services/T\w+/B\w+/\w+")
_POST_MESSAGE = "/api/chat.postMessage"


@dataclass(frozen=True)
class Arrived:
    """A request as it arrived; header names in lowercase."""

    host: str
    method: str
    path: str
    headers: Mapping[str, str]
    body: str


@dataclass(frozen=True)
class Answer:
    """``confirms``: the URL that the receiver then opens."""

    status: int
    body: str
    content_type: str = "text/plain"
    confirms: str = ""


def _json(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def pagerduty(request: Arrived) -> Answer:
    """An integration opens the link with which SNS has a subscription confirmed."""
    if request.method != "POST" or not _INTEGRATION.fullmatch(request.path.partition("?")[0]):
        return Answer(404, '{"status":"not found"}', "application/json")
    message = _json(request.body)
    if not message:
        return Answer(400, '{"status":"invalid event","message":"Event object is invalid"}', "application/json")
    confirms = str(message.get("SubscribeURL") or "") if message.get("Type") == "SubscriptionConfirmation" else ""
    return Answer(202, '{"status":"success"}', "application/json", confirms)


def slack(request: Arrived) -> Answer:
    """An incoming webhook, or chat.postMessage with a token."""
    form = request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded")
    text = parse_qs(request.body).get("payload", [""])[0] if form else request.body
    message = _json(text)
    if _WEBHOOK.fullmatch(request.path):
        if not message:
            return Answer(400, "invalid_payload")
        if not any(message.get(part) for part in ("text", "blocks", "attachments")):
            return Answer(400, "no_text")
        return Answer(200, "ok")
    if request.path == _POST_MESSAGE:
        return Answer(200, json.dumps(_posted(request, message)), "application/json")
    return Answer(404, "no_service")


def _posted(request: Arrived, message: Mapping[str, Any]) -> dict[str, Any]:
    """Slack's API answers with status 200, also when it refuses."""
    token = request.headers.get("authorization", "")
    if not token:
        return {"ok": False, "error": "not_authed"}
    if not token.startswith("Bearer xox"):
        return {"ok": False, "error": "invalid_auth"}
    if not message.get("channel"):
        return {"ok": False, "error": "channel_not_found"}
    if not any(message.get(part) for part in ("text", "blocks", "attachments")):
        return {"ok": False, "error": "no_text"}
    return {"ok": True, "channel": message["channel"]}


PLAYERS: Mapping[str, Callable[[Arrived], Answer]] = {
    PAGERDUTY: pagerduty,
    SLACK: slack,
    SILENT: lambda request: Answer(200, ""),
    FAILING: lambda request: Answer(500, "out of order"),
}
"""What a host can be in the setting `receivers`. `silent` accepts everything and confirms nothing."""

DEFAULTS = {"events.pagerduty.com": PAGERDUTY, "events.eu.pagerduty.com": PAGERDUTY, "hooks.slack.com": SLACK, "slack.com": SLACK}


def receivers(value: Any) -> dict[str, str]:
    """Checks the setting `receivers`: by host, a kind, or the URL of a server on this machine. Raises ValueError."""
    for host, kind in value.items():
        if kind not in PLAYERS and not re.fullmatch(r"http://(127\.0\.0\.1|localhost):\d+", str(kind)):
            raise ValueError(f"{host} is one of {', '.join(PLAYERS)}, or http://127.0.0.1:<port>, not {kind!r}")
    return {str(host).lower(): str(kind) for host, kind in value.items()}
