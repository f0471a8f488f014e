"""The secret in which RDS keeps the password of a master user that it manages, and its rotation.

A rotation begins with a new version, AWSPENDING; then the server gets its password, and last it becomes AWSCURRENT. Between the last two
steps, for `secret_rotation_seconds`, the current version does not log in, and the pending one does.
"""

from __future__ import annotations

import json
import secrets
import string
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from rehearsal import transitions
from rehearsal.extensions.keys import find_key
from rehearsal.extensions.rds_servers import has_server, submit
from rehearsal.extensions.secretsmanager_common import (
    CURRENT,
    DEFAULT_KEY,
    OWNER_TAG,
    PENDING,
    add_version,
    forget,
    labeled,
    move_label,
    secrets_of,
)
from rehearsal.extensions.secretsmanager_rotation import ROTATORS, period
from rehearsal.registry import Call, adjusts, backend, settles
from rehearsal.replies import Refusal
from rehearsal.transitions import moment

KIND = "rds_secret"
LENGTH = 28
DAYS = 7
"""RDS rotates every seven days unless the secret's rotation rules say otherwise."""
ALPHABET = string.ascii_letters + string.digits + "!#$%&()*+,-.:;<=>?[]^_{|}~"


def new_password() -> str:
    return "".join(secrets.choice(ALPHABET) for _each in range(LENGTH))


@dataclass
class Rotation:
    """A rotation in progress. `server_changed`: when, on the monotonic clock, the server got the password; None: not yet."""

    version_id: str
    server_changed: float | None = None
    error: BaseException | None = None

    def done(self, future: Any) -> None:
        self.error = future.exception()
        self.server_changed = time.monotonic()

    @property
    def is_over(self) -> bool:
        delay = transitions.delays.secret_rotation_seconds
        return self.server_changed is not None and time.monotonic() >= self.server_changed + delay


class ManagedSecret:
    """Takes the place of moto's class of the same purpose. `resource` is a DB instance or cluster."""

    def __init__(self, resource: Any, kms_key_id: str | None) -> None:
        from moto.secretsmanager.models import FakeSecret

        self.resource = resource
        self.store = backend("secretsmanager", resource.account_id, resource.region)
        key = None if kms_key_id is None or str(kms_key_id).endswith(DEFAULT_KEY) else str(kms_key_id)
        if key is not None and (problem := find_key(key, resource.account_id, resource.region).problem):
            text = f"The specified KMS key [{key}] does not exist, is not enabled or you do not have permissions to access it. ({problem})"
            raise Refusal("KMSKeyNotAccessibleFault", text)
        kind = "DBInstance" if resource.resource_type == "db" else "DBCluster"
        name, now = f"rds!{resource.resource_type}-{uuid.uuid4()}", moment().timestamp()
        self.secret = FakeSecret(
            account_id=resource.account_id,
            region_name=resource.region,
            secret_id=name,
            secret_version={},
            version_id="",
            description=f"The secret associated with the primary RDS DB {kind[2:].lower()}: {resource.arn}",
            tags=[{"Key": OWNER_TAG, "Value": "rds"}, {"Key": f"aws:rds:primary{kind}Arn", "Value": resource.arn}],
            kms_key_id=key,
            created_date=now,
            last_changed_date=now,
        )
        self.secret.rehearsal_owner = self
        self.secret.rehearsal_rules = {"AutomaticallyAfterDays": DAYS}
        self.secret.rotation_enabled = True
        self.secret.next_rotation_date = now + period(self.secret.rehearsal_rules)
        add_version(self.secret, str(uuid.uuid4()), self._value(new_password()), [CURRENT])
        self.store.secrets[name] = self.secret
        self.created = time.monotonic()
        self.rotation: Rotation | None = None

    def _value(self, password: str) -> dict[str, str]:
        return {"secret_string": json.dumps({"username": self.resource.master_username, "password": password})}

    @property
    def secret_arn(self) -> str:
        return str(self.secret.arn)

    @property
    def kms_key_id(self) -> str:
        """The ARN of the key, also of AWS's own."""
        kms = backend("kms", self.resource.account_id, self.resource.region)
        if self.secret.kms_key_id is None:
            return str(kms.describe_key(DEFAULT_KEY).arn)
        return find_key(self.secret.kms_key_id, self.resource.account_id, self.resource.region).arn

    @property
    def secret_status(self) -> str:
        """`impaired` if RDS can no longer rotate the secret, because its key cannot be used or its last rotation failed."""
        key = self.secret.kms_key_id
        if key is not None and find_key(key, self.resource.account_id, self.resource.region).problem:
            return "impaired"
        if time.monotonic() < self.created + transitions.delays.seconds_for(KIND):
            return "creating"
        if self.rotation is None:
            return "active"
        return "impaired" if self.rotation.error else "rotating"

    def delete_secret(self) -> None:
        """RDS deletes its secret at once, without a recovery window."""
        for replica in self.secret.replicas:
            forget(backend("secretsmanager", self.resource.account_id, replica.region), replica)
        forget(self.store, self.secret)

    def rotate_secret(self, version_id: str | None = None) -> str:
        """Begins a rotation; returns the ID of the new version."""
        if self.rotation is not None and self.rotation.error is None:
            text = f"A previous rotation isn't complete. That rotation will be reattempted: {labeled(self.secret, PENDING)}"
            raise Refusal("InvalidRequestException", text)
        identity, password = version_id or str(uuid.uuid4()), new_password()
        add_version(self.secret, identity, self._value(password), [PENDING])
        self.rotation = Rotation(identity)
        if has_server(self.resource):
            changed = submit(self.resource, lambda servers, key: servers.set_master_password(key, password))
            changed.add_done_callback(self.rotation.done)
        else:
            self.rotation.server_changed = time.monotonic()
        self.advance()
        return identity

    def advance(self) -> None:
        """Ends the rotation in progress once its time has passed, and begins the scheduled one once that is due."""
        rotation = self.rotation
        if rotation is not None and rotation.is_over and rotation.error is None:
            move_label(self.secret, CURRENT, rotation.version_id)
            move_label(self.secret, PENDING, None)
            now = moment().timestamp()
            self.secret.last_rotation_date = self.secret.last_changed_date = now
            self.secret.next_rotation_date = now + period(self.secret.rehearsal_rules)
            self.rotation = None
        due = self.secret.rotation_enabled and moment() >= datetime.fromtimestamp(self.secret.next_rotation_date, UTC)
        if due and self.rotation is None and self.resource.status == "available" and self.secret_status == "active":  # noqa: S105  a state
            self.rotate_secret()


def _owners(call: Call) -> Iterator[ManagedSecret]:
    for secret in secrets_of(backend("secretsmanager", call.account_id, call.region)):
        owner = secret.__dict__.get("rehearsal_owner")
        if isinstance(owner, ManagedSecret):
            yield owner


@settles("rds")
def rotate_in_rds(call: Call) -> None:
    for owner in _owners(call):
        owner.advance()


def rotate_in_secrets_manager(call: Call) -> None:
    rotate_in_rds(call)


def _rotate(_call: Call, secret: Any, version_id: str) -> str:
    owner: ManagedSecret = secret.rehearsal_owner
    if owner.resource.status != "available":
        text = f"The DB {owner.resource.resource_type} that the secret belongs to is in state {owner.resource.status}."
        raise Refusal("InvalidRequestException", text)
    return owner.rotate_secret(version_id)


@adjusts("rds")
def manage_masters_here() -> None:
    import moto.rds.models

    moto.rds.models.MasterUserSecret = ManagedSecret
    ROTATORS["rds"] = _rotate
    settles("secretsmanager")(rotate_in_secrets_manager)
