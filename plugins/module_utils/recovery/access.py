# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Logs in to a DB instance, with whatever login it has."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ..aws.connection import Aws
from ..postgresql.problems import LoginRefused, NoConnection
from ..postgresql.session import Address, Login, Session, Watch, connect
from ..reconcile.errors import CallFailed, NotYet
from ..reconcile.waiting import Clock, until

CURRENT, PENDING, PREVIOUS = "AWSCURRENT", "AWSPENDING", "AWSPREVIOUS"
STAGES = (CURRENT, PENDING)
"""The versions of a secret to log in with, in this order: during a rotation, the server already has the pending one."""

LOGIN_SECONDS, POLL = 180.0, 5.0


@dataclass(frozen=True)
class Access:
    """How to log in: with a secret, as a user with a token of IAM, or with the secret that RDS manages if both are empty.

    before: a secret whose versions are tried last: the managed one of the source, whose password a restored instance still has.
    """

    secret: str = ""
    user: str = ""
    before: str = ""


class Door:
    """Opens sessions to one DB instance. The password is read for each login: a managed one is rotated at any time."""

    def __init__(
        self,
        aws: Aws,
        clock: Clock,
        instance: Mapping[str, Any],
        access: Access,
        ca_cert: str,
        seconds: float = LOGIN_SECONDS,
        poll: float = POLL,
    ) -> None:
        self._aws, self._clock, self._access, self._seconds, self._poll = aws, clock, access, seconds, poll
        self._name = str(instance["DBInstanceIdentifier"])
        endpoint = instance.get("Endpoint") or {}
        self._address = Address(str(endpoint.get("Address") or ""), int(endpoint.get("Port") or 0), ca_cert)
        self._managed = str((instance.get("MasterUserSecret") or {}).get("SecretArn") or "")

    @property
    def problem(self) -> str:
        """Why there is no way to log in; empty if that has to be tried."""
        access = self._access
        if not self._address.host:
            return f"{self._name} has no endpoint yet."
        if not (access.user or access.secret or self._managed or access.before):
            return f"RDS manages no master password of {self._name}: name a secret with a login, or a user that logs in by IAM."
        return ""

    def open(self, database: str, *, changing: bool = False) -> Session:
        """A session. Raises CallFailed if the instance refuses every login for as long as this may take."""
        last = ""
        for _waited in until(self._clock, self._seconds, self._poll):
            for login in self._logins():
                try:
                    return connect(self._address, login, database, changing=changing, watch=Watch())
                except (LoginRefused, NoConnection, NotYet) as error:
                    last = str(error)
        access = self._access
        how = f"as {access.user} by IAM" if access.user else f"with {access.secret or self._managed or access.before}"
        raise CallFailed(
            f"{self._name} ({self._address}) does not let this host in, {how}: {last}",
            "connect",
            "NoLogin",
            "Check that its security groups admit this host, that ca_cert has the certificates of its region, and the login.",
        )

    def _logins(self) -> Iterator[Login]:
        user = self._access.user
        if user:
            signer, address = self._aws.client("rds"), self._address
            token = signer.generate_db_auth_token(DBHostname=address.host, Port=address.port, DBUsername=user)
            yield Login(user, str(token))
            return
        wanted = [(self._access.secret or self._managed, stage) for stage in STAGES]
        wanted += [(self._access.before, stage) for stage in (*STAGES, PREVIOUS)] if not self._access.secret else []
        for secret, stage in wanted:
            found = self._aws.find("secretsmanager", "get_secret_value", SecretId=secret, VersionStage=stage) if secret else None
            if found is not None:
                yield _login(found, secret)


def _login(reply: Mapping[str, Any], secret: str) -> Login:
    try:
        values = json.loads(reply["SecretString"])
        return Login(str(values["username"]), str(values["password"]))
    except (KeyError, TypeError, ValueError):
        text = f'the secret {secret} does not hold {{"username": ..., "password": ...}}'
        raise CallFailed(text, "secretsmanager:GetSecretValue", "SecretFormat") from None
