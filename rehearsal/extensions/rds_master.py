"""The password of an instance's master: given by the caller, or managed by RDS in a secret."""

from __future__ import annotations

import json
import secrets
import string
from typing import Any

from rehearsal.registry import backend

LENGTH = 28


def new_password() -> str:
    """A random password, as RDS generates one."""
    return "".join(secrets.choice(string.ascii_letters + string.digits) for _each in range(LENGTH))


def manage(instance: Any, key: str | None) -> None:
    """RDS creates a secret for the master, and its password."""
    from moto.rds.models import MasterUserSecret

    instance.master_user_secret = MasterUserSecret(instance, key)
    instance.manage_master_user_password = True


def release(instance: Any) -> None:
    """RDS deletes the secret, because the caller manages the password or the instance is gone."""
    if getattr(instance, "master_user_secret", None) is not None:
        instance.master_user_secret.delete_secret()
        del instance.master_user_secret
    instance.manage_master_user_password = False


def is_managed(instance: Any) -> bool:
    return getattr(instance, "master_user_secret", None) is not None


def managed_password(instance: Any) -> str:
    """The password in the current version of the secret."""
    secret_manager = backend("secretsmanager", instance.account_id, instance.region)
    value = secret_manager.get_secret_value(instance.master_user_secret.secret_arn, "", "")
    return str(json.loads(value["SecretString"])["password"])


def rotate(instance: Any) -> None:
    """A new version of the secret becomes current, and the master has its password."""
    instance.master_user_secret.rotate_secret()
