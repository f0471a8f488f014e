# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Credentials of an IAM role, such as one in another account, so that a module can call two accounts at the same time."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

try:
    from botocore.credentials import DeferredRefreshableCredentials
    from botocore.exceptions import BotoCoreError
except ImportError:
    pass  # AnsibleAWSModule reports missing libraries

from ansible_collections.amazon.aws.plugins.module_utils.botocore import get_aws_connection_info

from ..reconcile.errors import CallFailed
from .calls import DENIED, call
from .role_forms import EXTERNAL_ID, ROLE, SESSION_NAME
from .service_models import session as shared_session
from .session import checked, client_config

DEFAULT_SESSION = "mainstay"

OPTIONS: dict[str, Any] = {
    "role_arn": {"type": "str"},
    "role_session_name": {"type": "str", "default": DEFAULT_SESSION},
    "role_external_id": {"type": "str"},
}
"""The options of the fragment mainstay.aws.role."""


@dataclass(frozen=True)
class Role:
    """session: how CloudTrail names the caller. external_id: what the role's trust policy may demand."""

    arn: str
    session: str = DEFAULT_SESSION
    external_id: str = ""

    @property
    def account(self) -> str:
        """The account of the role."""
        found = ROLE.fullmatch(self.arn)
        return found[1] if found else ""


def role_of(params: Mapping[str, Any]) -> Role | None:
    """The role that the options name; None if they name none."""
    if not params.get("role_arn"):
        return None
    return Role(str(params["role_arn"]), str(params.get("role_session_name") or DEFAULT_SESSION), str(params.get("role_external_id") or ""))


def role_problems(params: Mapping[str, Any], prefix: str = "") -> list[str]:
    """What is wrong with the options, one sentence each. ``prefix``: where they are, such as ``copies[0].``"""
    arn, name, external = (str(params.get(key) or "") for key in OPTIONS)
    problems = []
    if arn and not ROLE.fullmatch(arn):
        problems.append(f"{prefix}role_arn is {arn!r}; expected the ARN of an IAM role, such as arn:aws:iam::123456789012:role/backup")
    if name and not SESSION_NAME.fullmatch(name):
        problems.append(f"{prefix}role_session_name is {name!r}; it has to be 2 to 64 letters, digits, or + = , . @ - _")
    if external and not EXTERNAL_ID.fullmatch(external):
        problems.append(f"{prefix}role_external_id is not valid; it has to be 2 to 1224 letters, digits, or + = , . @ : / - _")
    return problems


def assume(make: Callable[..., Any], role: Role, pause: Callable[[float], None]) -> dict[str, str]:
    """New credentials of a role, in botocore's form. Raises CallFailed with one sentence if the role cannot be assumed."""
    given = {"RoleArn": role.arn, "RoleSessionName": role.session, **({"ExternalId": role.external_id} if role.external_id else {})}
    try:
        client = make("sts")
        found = call("sts", "AssumeRole", False, lambda: client.assume_role(**given), pause)["Credentials"]
    except CallFailed as error:
        raise _refused(role, error) from error
    return {
        "access_key": found["AccessKeyId"],
        "secret_key": found["SecretAccessKey"],
        "token": found["SessionToken"],
        "expiry_time": found["Expiration"].isoformat(),
    }


def _refused(role: Role, error: CallFailed) -> CallFailed:
    """AWS answers the same to a role that does not exist, and to one whose trust policy does not name the caller."""
    if error.code not in DENIED:
        return CallFailed(f"the role {role.arn} cannot be assumed: {error.message}", "sts:AssumeRole", error.code, error.hint)
    hint = "Check its ARN and external ID, allow the caller in its trust policy, and allow the caller sts:AssumeRole."
    return CallFailed(f"the role {role.arn} cannot be assumed: {error.message}", "sts:AssumeRole", error.code, hint)


def client_maker_as(module: Any, make: Callable[..., Any], role: Role, pause: Callable[[float], None]) -> Callable[..., Any]:
    """A function that creates a service's client, which acts as the role. Like ``make``, it takes another region as ``region=``.

    ``make``: from client_maker(module). Its credentials assume the role when that is first needed, and again before the role's expire: a
    long wait outlasts them, and a session that was itself assumed gets an hour at most. All other options of the module apply.
    """
    region, endpoint, params = get_aws_connection_info(module)
    config = client_config()
    if given := params.get("aws_config"):
        config = config.merge(given)
    credentials = DeferredRefreshableCredentials(lambda: assume(make, role, pause), "assume-role")
    found = shared_session(None, lambda _chain: _Fixed(credentials))

    def make_as(service: str, **away: str) -> Any:
        place = str(away.get("region") or region)
        try:
            client = found.client(service, region_name=place, endpoint_url=endpoint, config=config, verify=params.get("verify"))
        except BotoCoreError as error:
            raise CallFailed(str(error), service, type(error).__name__) from error
        return checked(client, service, place, str(region))

    return make_as


class _Fixed:
    """botocore's interface of a chain of credential providers."""

    def __init__(self, credentials: Any) -> None:
        self._credentials = credentials

    def load_credentials(self) -> Any:
        return self._credentials
