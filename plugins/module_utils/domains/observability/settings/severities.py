# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Where alarms of a severity lead to: PagerDuty, e-mail, and Slack."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ....inputs.problems import Problems, suggestion
from ....inputs.reader import Reader
from ..alarms.model import SEVERITIES

EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
SECRET = re.compile(r"[A-Za-z0-9/_+=.@-]{1,512}|arn:[^:]+:secretsmanager:[^:]+:\d{12}:secret:\S+")
CHANNEL = re.compile(r"#?[a-z0-9_-]{1,80}|[CG][A-Z0-9]{8,}")
SLACK_API = "https://slack.com/api/chat.postMessage"


@dataclass(frozen=True)
class Slack:
    """``webhook``: a secret with the URL of an incoming webhook. Or ``token``: one with a bot's token, which posts to ``channel``."""

    webhook: str = ""
    token: str = ""
    channel: str = ""


@dataclass(frozen=True)
class Severity:
    """``pagerduty``: a secret with the integration's URL; empty for none. All secrets are names or ARNs in Secrets Manager."""

    name: str
    pagerduty: str = ""
    email: tuple[str, ...] = ()
    slack: Slack | None = None

    def secrets(self, path: str) -> Iterator[tuple[str, str]]:
        """(where the inventory names it, secret) of every secret."""
        own = f"{path}.{self.name}"
        if self.pagerduty:
            yield f"{own}.pagerduty.url_secret", self.pagerduty
        if self.slack and self.slack.webhook:
            yield f"{own}.slack.webhook_secret", self.slack.webhook
        if self.slack and self.slack.token:
            yield f"{own}.slack.token_secret", self.slack.token


def read_severities(given: Any, path: str, problems: Problems) -> dict[str, Severity]:
    """By name, in the order of urgency; a severity that the input leaves out has a topic without subscriptions."""
    reader = Reader(given, path, problems)
    for name in reader.given:
        if name not in SEVERITIES:
            problems.add(path, name, f"there is no such severity; {suggestion(str(name), SEVERITIES)}")
    return {name: _severity(name, Reader(reader.given.get(name), f"{path}.{name}", problems)) for name in SEVERITIES}


def _severity(name: str, reader: Reader) -> Severity:
    pagerduty = reader.section("pagerduty")
    url = pagerduty.required_text("url_secret", SECRET_REMEDY, SECRET) if pagerduty.given else ""
    pagerduty.finish()
    email = reader.items("email", (), as_email, "it must be an e-mail address, such as ops@example.com")
    slack = _slack(reader.section("slack"))
    reader.finish()
    return Severity(name, url, email, slack)


SECRET_REMEDY = "name the secret in AWS Secrets Manager that holds the URL, such as pagerduty/critical, not the URL itself"  # noqa: S105
TOKEN_REMEDY = "name the secret in AWS Secrets Manager that holds the bot's token, such as slack/bot"  # noqa: S105


def _slack(reader: Reader) -> Slack | None:
    if not reader.given:
        return None
    bot = "token_secret" in reader.given or "channel" in reader.given
    if bot and "webhook_secret" in reader.given:
        reader.problems.add(reader.path, sorted(reader.given), "it must have either webhook_secret, or token_secret and channel")
    webhook = "" if bot else reader.required_text("webhook_secret", SECRET_REMEDY, SECRET)
    token = reader.required_text("token_secret", TOKEN_REMEDY, SECRET) if bot else ""
    channel = reader.required_text("channel", "name the channel to which the bot posts, such as '#alarms'", CHANNEL) if bot else ""
    reader.take("webhook_secret")
    reader.finish()
    return Slack(webhook, token, channel)


def as_email(value: Any) -> str | None:
    return value if isinstance(value, str) and EMAIL.fullmatch(value) else None


def value_problem(place: str, value: str | None) -> str:
    """What is wrong with the value of a secret, without any part of it. ``place``: where the inventory names the secret."""
    if value is None:
        return "does not exist in AWS Secrets Manager, or has no value"
    if place.endswith(".token_secret"):
        return "" if re.fullmatch(r"[\x21-\x7e]{8,500}", value) else "must hold a token and nothing else"
    if not re.fullmatch(r"https?://[^\s/]+\S*", value):
        return "must hold a URL that begins with https://, and nothing else"
    if value.startswith("http:") and not re.match(r"http://(127\.0\.0\.1|localhost)[:/]", value):
        return "holds a URL without TLS; it must begin with https://"
    return ""


def names_of(severities: Mapping[str, Severity], path: str = "severities") -> list[tuple[str, str]]:
    """(where the inventory names it, secret) of all severities."""
    return [pair for one in severities.values() for pair in one.secrets(path)]
