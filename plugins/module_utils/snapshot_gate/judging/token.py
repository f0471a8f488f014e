# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The token of a verdict: a digest that anyone can compute again from what AWS says. It proves nothing by itself and needs no key.

A deployment presents it, and the gate reads AWS again: the token is good only for the deployment, database, snapshot and policy that it
was made of, and until it expires. So a verdict cannot be used for another deployment, and a deleted snapshot ends it.
"""

from __future__ import annotations

import hashlib
import json
import re

from .policy import Policy

TOKEN = re.compile(r"1\.(\d+)\.([0-9a-f]{64})")
"""Version, expiry in seconds since 1970, SHA-256."""


def make(deployment: str, resource_id: str, snapshot_arn: str, policy: Policy, expiry: float) -> str:
    """The token of a verdict; without a snapshot if none was needed."""
    bound = [deployment, resource_id, snapshot_arn, policy.as_dict(), int(expiry)]
    digest = hashlib.sha256(json.dumps(bound, sort_keys=True, separators=(",", ":")).encode()).hexdigest()
    return f"1.{int(expiry)}.{digest}"


def expiry_of(token: str) -> float | None:
    """When a token expires; None if it is not a token."""
    found = TOKEN.fullmatch(token)
    return float(found[1]) if found else None


def fits(token: str, deployment: str, resource_id: str, snapshot_arn: str, policy: Policy) -> bool:
    expiry = expiry_of(token)
    return expiry is not None and token == make(deployment, resource_id, snapshot_arn, policy, expiry)
