# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Values of secrets on their way into a request, and nowhere else."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from ..aws.connection import Aws
from ..reconcile.errors import CallFailed, NotYet
from .secret import INVALID


def read_secret(aws: Aws, secret: str, **version: str) -> dict[str, Any] | None:
    """The reply of GetSecretValue; None if the secret does not exist, has no value, or is scheduled for deletion."""
    try:
        return aws.find("secretsmanager", "get_secret_value", SecretId=secret, **version)
    except CallFailed as error:
        if error.code != INVALID:
            raise
        return None


def password_in(aws: Aws, secret: str, **version: str) -> str:
    """The member ``password`` of a secret's value. Raises NotYet while it has no value, and CallFailed without any part of it."""
    reply = read_secret(aws, secret, **version)
    if reply is None:
        raise NotYet(f"the secret {secret} has no value yet", "secretsmanager:GetSecretValue", "ResourceNotFoundException")
    try:
        value = json.loads(str(reply.get("SecretString") or ""))
    except ValueError:
        value = None
    if not isinstance(value, Mapping) or not value.get("password"):
        raise CallFailed(f"the value of {secret} is not a JSON object with a password", hint="Rotate it, or store such a value.")
    return str(value["password"])
