# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Values of secrets on their way into a request, and nowhere else."""

from __future__ import annotations

from ....aws.connection import Aws
from ....kinds.secret import PENDING, PREVIOUS, make_current
from ....kinds.secret_values import read_secret
from ....reconcile.errors import CallFailed, NotYet
from .cache_credentials import Login, value_in, value_problem


def value_of(aws: Aws, login: Login) -> str:
    """The token or password of a login. Raises CallFailed without any part of it."""
    version = {"VersionId": login["version"]} if login.get("version") else {}
    found = read_value(aws, str(login["secret_arn"]), version)
    if found is None:
        raise NotYet(f"the secret {login['secret_arn']} has no value yet", "secretsmanager:GetSecretValue", "ResourceNotFoundException")
    if problem := value_problem(found):
        raise CallFailed(f"the value of {login['secret_arn']} cannot be used: {problem}", hint="Store another value, or rotate it.")
    return found


def previous_value(aws: Aws, login: Login) -> str:
    """The value before that of a login; empty if there is none. While the new one is pending, it is the current one."""
    secret = str(login["secret_arn"])
    current = read_secret(aws, secret)
    if current is not None and current.get("VersionId") != login.get("version"):
        return value_in(str(current.get("SecretString") or ""))
    return read_value(aws, secret, {"VersionStage": PREVIOUS}) or ""


def promote(aws: Aws, login: Login) -> None:
    """Let clients read the value of a login, which the cache accepts by now. Secrets that others keep are left alone."""
    secret = str(login["secret_arn"])
    if f":secret:{aws.owner.path}" not in secret:
        return
    versions = aws.read("secretsmanager", "describe_secret", SecretId=secret).get("VersionIdsToStages") or {}
    stages = {stage: version for version, labels in versions.items() for stage in labels}
    if stages.get(PENDING) == login.get("version"):
        make_current(aws, secret, str(login["version"]), stages)


def read_value(aws: Aws, secret: str, version: dict[str, str]) -> str | None:
    reply = read_secret(aws, secret, **version)
    return None if reply is None else value_in(str(reply.get("SecretString") or ""))
