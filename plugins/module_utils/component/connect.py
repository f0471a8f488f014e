# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Connecting a module to AWS: the owner and place of its resources, the credentials to use, and the errors that end the module."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping, Sequence
from typing import Any, NoReturn

from ..aws.connection import Aws
from ..aws.owner import Owner
from ..aws.place import Place
from ..aws.roles import client_maker_as, role_of
from ..aws.session import client_maker, refused_endpoint
from ..reconcile.errors import CallFailed, Failure
from .options import option_problems

BAD_CREDENTIALS = ("InvalidClientTokenId", "UnrecognizedClientException", "AuthFailure", "OptInRequired", "SignatureDoesNotMatch")


def check_options(module: Any) -> None:
    """End the module if one of its shared options is invalid."""
    if problems := option_problems(module.params):
        module.fail_json(msg="\n".join(problems))


def connect(module: Any) -> tuple[Aws, str | None, str]:
    """(connection, endpoint or None for AWS's own, region). The options must have been checked. Ends the module without a region."""
    make, region, endpoint = client_maker(module)
    if role := role_of(module.params):
        make = client_maker_as(module, make, role, time.sleep)
    if reason := refused_endpoint(endpoint, os.environ):
        module.fail_json(msg=reason)
    if not region:
        module.fail_json(msg="region is not set: give the region option (platform_region in the inventories) or AWS_REGION")
    owner = Owner(module.params["environment"], module.params.get("component") or "")
    aws = Aws(make, owner, region=str(region))
    aws.also_in(module.params.get("further_regions") or ())
    return aws, endpoint, str(region)


def place_of(module: Any, caller: Mapping[str, str], region: str, endpoint: str | None, further_regions: Sequence[str] = ()) -> Place:
    """The place of a module's component, from the reply of GetCallerIdentity. Ends the module if the account is not the expected one."""
    check_account(module, caller["Account"], caller["Arn"])
    params = module.params
    return Place(
        environment=params["environment"],
        component=params["component"],
        region=region,
        account_id=caller["Account"],
        partition=caller["Arn"].split(":")[1],
        caller=caller["Arn"],
        endpoint=endpoint,
        tags=params.get("tags") or {},
        permissions_boundary=params.get("permissions_boundary"),
        further_regions=tuple(further_regions),
    )


def identify(module: Any, aws: Aws) -> None:
    """Ask who is calling. Ends the module if the account is not the expected one. Raises CallFailed."""
    caller = aws.read("sts", "get_caller_identity")
    check_account(module, caller["Account"], caller["Arn"])


def check_account(module: Any, account_id: str, caller: str) -> None:
    expected = module.params.get("expected_account_id")
    if expected and str(expected) != account_id:
        module.fail_json(
            msg=f"platform_account_id (option expected_account_id) is {expected}, but the credentials belong to account {account_id} "
            f"({caller}). Nothing was changed. Use credentials of account {expected}, or correct the inventory."
        )


def unidentified(error: CallFailed, region: str) -> str:
    if error.code in BAD_CREDENTIALS:
        return _not_enabled(region)
    return "The identity of the credentials could not be read from AWS."


def unread(failures: Sequence[Failure], region: str, further_regions: Sequence[str] = ()) -> str:
    refused = [one.message for one in failures if one.code in BAD_CREDENTIALS]
    if refused:
        return _not_enabled(next((other for other in further_regions if refused[0].startswith(f"in {other}: ")), region))
    return "The current state could not be read, so nothing was planned or changed."


def _not_enabled(region: str) -> str:
    return (
        f"The credentials are not accepted in region {region}. If it is an opt-in region such as af-south-1, enable it: "
        f"`aws account enable-region --region-name {region}`, and use session tokens from a regional STS endpoint. "
        "Otherwise the credentials are wrong or have expired."
    )


def fail(module: Any, failures: Sequence[Failure], summary: str, **more: Any) -> NoReturn:
    """End the module with each error on its own line."""
    module.fail_json(msg="\n".join([summary, *(f"- {one}" for one in failures)]), errors=[one.as_dict() for one in failures], **more)
    raise AssertionError("fail_json does not return")
