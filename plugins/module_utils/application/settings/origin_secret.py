# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""A secret header that requests must have to reach the services, so that they come through the CDN that adds it. Pure functions.

The Ingress only names the secret. Its values take the place of the name on the way to the cluster: see deployment/origin_secret.py. So no
plan, record, or message has them, and going back to an earlier release does not bring back an earlier value.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ...inputs.reader import Reader
from .load_balancers import ANNOTATIONS

ORIGIN_SECRET = "mainstay.aws/origin-secret"  # noqa: S105 (the name of an annotation)
"""The annotation that names the header and the secret."""

HEADER = re.compile(r"[a-z0-9-]{1,40}")
DEFAULT_HEADER = "x-origin-verify"
SECRET = re.compile(r"[A-Za-z0-9/_+=.@!:-]{1,600}")
REFUSING = "mainstay-refused"
"""The backend of requests that no rule admits."""


@dataclass(frozen=True)
class OriginSecret:
    """``secret``: name or ARN in Secrets Manager. ``header``: in lower case."""

    secret: str
    header: str = DEFAULT_HEADER

    @property
    def annotation(self) -> str:
        return json.dumps({"header": self.header, "secret": self.secret}, separators=(",", ":"))


def read_origin_secret(parent: Reader) -> OriginSecret | None:
    reader = parent.section("origin_secret")
    if not reader.given:
        return None
    secret = reader.required_text("secret", "give the name or the ARN of the secret in Secrets Manager, in the cluster's region", SECRET)
    header = reader.text("header", DEFAULT_HEADER)
    if not HEADER.fullmatch(header):
        reader.problems.add(reader.at("header"), header, f"it must be the name of a header in lower case, such as {DEFAULT_HEADER}")
    reader.finish()
    return OriginSecret(secret, header)


def parsed(annotation: str) -> OriginSecret:
    """Raises ValueError."""
    found = json.loads(annotation)
    if not isinstance(found, Mapping) or set(found) != {"header", "secret"}:
        raise ValueError(f"the annotation {ORIGIN_SECRET} must have header and secret")
    return OriginSecret(str(found["secret"]), str(found["header"]))


def refusal() -> dict[str, str]:
    """The annotation that answers with 403 instead of the controller's 404."""
    fixed: dict[str, Any] = {"contentType": "text/plain", "statusCode": "403", "messageBody": "Forbidden"}
    action = {"type": "fixed-response", "fixedResponseConfig": fixed}
    return {f"{ANNOTATIONS}actions.{REFUSING}": json.dumps(action, separators=(",", ":"))}
