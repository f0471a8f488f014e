# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The secrets in Secrets Manager that hold passwords: reading them, and rotating the one of a user.

A rotation is AWS's own protocol: the new version is AWSPENDING until its password logs in, and then becomes AWSCURRENT. It can be
interrupted anywhere: while there is an AWSPENDING version, the next run continues with that one.
"""

from __future__ import annotations

import json
import secrets
import string
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from ..aws.connection import Aws
from ..reconcile.errors import CallFailed
from .secret import make_current

CURRENT, PENDING = "AWSCURRENT", "AWSPENDING"
LENGTH = 40
ALPHABET = string.ascii_letters + string.digits


@dataclass(frozen=True)
class Version:
    """A version of a secret, with what it holds."""

    id: str
    values: Mapping[str, Any] = field(repr=False)

    @property
    def password(self) -> str:
        return str(self.values.get("password") or "")


@dataclass(frozen=True)
class Stages:
    """The ids of the versions of a secret. ``pending``: empty unless a rotation by us is under way."""

    current: str
    pending: str = ""


class Vault:
    """The secrets of one call. ``given``: what the caller has read already, by ARN. ``hide`` receives each password that is read."""

    def __init__(self, given: Mapping[str, Any], hide: Callable[[str], None]) -> None:
        self._given = given
        self._hide = hide
        for one in given.values():
            for version in (one, one.get("pending") or {}) if isinstance(one, Mapping) else ():
                hide(str(version.get("password") or ""))

    def candidates(self, aws: Aws, arn: str) -> Iterator[Version]:
        """The versions whose password may be the right one: the current one, and then the one that a rotation is setting right now."""
        yield self.read(aws, arn, CURRENT)
        try:
            yield self.read(aws, arn, PENDING)
        except CallFailed:
            return

    def read(self, aws: Aws, arn: str, stage: str = CURRENT, version: str = "") -> Version:
        """A version of a secret. Raises CallFailed, which names the secret and never what it holds."""
        given = self._given.get(arn)
        if isinstance(given, Mapping) and not version:
            values = given if stage == CURRENT else given.get("pending") or {}
            if not values:
                raise CallFailed(f"the caller has handed over no {stage} version of {arn}", "secrets")
            return Version(str(values.get("version") or ""), values)
        wanted = {"VersionId": version} if version else {"VersionStage": stage}
        reply = aws.read("secretsmanager", "get_secret_value", SecretId=arn, **wanted)
        values = _parsed(reply.get("SecretString"), arn)
        self._hide(str(values["password"]))
        return Version(str(reply["VersionId"]), values)

    def stages(self, aws: Aws, arn: str) -> Stages:
        """The ids of a secret's versions, without reading what they hold."""
        given = self._given.get(arn)
        if isinstance(given, Mapping):
            return Stages(str(given.get("version") or ""), str((given.get("pending") or {}).get("version") or ""))
        reply = aws.read("secretsmanager", "describe_secret", SecretId=arn)
        by_stage = {stage: version for version, stages in (reply.get("VersionIdsToStages") or {}).items() for stage in stages}
        if CURRENT not in by_stage:
            raise CallFailed(f"{arn} has no version {CURRENT}", "DescribeSecret", hint="Run the task that creates it again.")
        current, pending = by_stage[CURRENT], by_stage.get(PENDING, "")
        return Stages(current, "" if pending == current or reply.get("RotationEnabled") else pending)

    def start_rotation(self, aws: Aws, arn: str) -> Version:
        """The AWSPENDING version: one with a new password, or the one that an interrupted run has made."""
        stages = self.stages(aws, arn)
        if stages.pending:
            return self.read(aws, arn, version=stages.pending)
        current = self.read(aws, arn)
        password = "".join(secrets.choice(ALPHABET) for dummy in range(LENGTH))
        self._hide(password)
        values = {**current.values, "password": password}
        reply = aws.change("secretsmanager", "put_secret_value", SecretId=arn, SecretString=json.dumps(values), VersionStages=[PENDING])
        return Version(str(reply["VersionId"]), values)

    def finish_rotation(self, aws: Aws, arn: str, version: str) -> None:
        """Make a version AWSCURRENT; the one before becomes AWSPREVIOUS."""
        stages = self.stages(aws, arn)
        make_current(aws, arn, version, {CURRENT: stages.current, PENDING: stages.pending})


def _parsed(text: Any, arn: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
        if isinstance(found, dict) and isinstance(found.get("password"), str) and found["password"]:
            return found
    except (TypeError, ValueError):
        pass
    wanted = '{"username": ..., "password": ...}'
    raise CallFailed(f"{arn} does not hold {wanted}", "GetSecretValue", hint="Give the ARN of a secret that AWS or this collection made.")
