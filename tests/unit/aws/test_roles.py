# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Credentials of roles: options, assuming, and what is said when that is refused."""

from __future__ import annotations

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ClientError

from ansible_collections.mainstay.aws.plugins.module_utils.aws.roles import Role, assume, role_of, role_problems
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.errors import CallFailed

ARN = "arn:aws:iam::222222222222:role/team/backup"


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({}, ""),
        ({"role_arn": ARN, "role_session_name": "nightly", "role_external_id": "a:b"}, ""),
        ({"role_arn": "arn:aws-cn:iam::222222222222:role/backup"}, ""),
        ({"role_arn": "backup"}, "role_arn is 'backup'"),
        ({"role_arn": "arn:aws:iam::222222222222:user/me"}, "expected the ARN of an IAM role"),
        ({"role_arn": "arn:aws:iam::2222:role/backup"}, "arn:aws:iam::2222:role/backup"),
        ({"role_arn": "arn:aws:sts::222222222222:assumed-role/backup/me"}, "expected the ARN of an IAM role"),
        ({"role_arn": ARN, "role_session_name": "a b"}, "role_session_name is 'a b'"),
        ({"role_arn": ARN, "role_external_id": "x"}, "role_external_id"),
    ],
)
def test_options(given: dict[str, Any], said: str) -> None:
    found = role_problems(given, "copies[0].")
    assert bool(found) is bool(said)
    assert all(one.startswith("copies[0].") for one in found)
    assert said in " ".join(found)


def test_the_role_of_the_options() -> None:
    assert role_of({}) is None
    assert role_of({"role_arn": ARN}) == Role(ARN, "mainstay", "")
    assert Role(ARN).account == "222222222222"


class Sts:
    def __init__(self, *codes: str) -> None:
        self.meta = SimpleNamespace(method_to_api_mapping={})
        self.codes = list(codes)
        self.asked: list[dict[str, Any]] = []

    def assume_role(self, **given: Any) -> dict[str, Any]:
        self.asked.append(given)
        if self.codes:
            reason = {"Code": self.codes.pop(0), "Message": "User: me is not authorized to perform: sts:AssumeRole"}
            raise ClientError({"Error": reason, "ResponseMetadata": {"HTTPStatusCode": 403}}, "AssumeRole")
        keys = {"AccessKeyId": "A", "SecretAccessKey": "S", "SessionToken": "T"}
        return {"Credentials": {**keys, "Expiration": datetime(2026, 11, 30, tzinfo=UTC)}}


def test_assuming() -> None:
    sts = Sts("Throttling")
    found = assume(lambda service: sts, Role(ARN, "nightly", "x1"), lambda seconds: None)
    assert found == {"access_key": "A", "secret_key": "S", "token": "T", "expiry_time": "2026-11-30T00:00:00+00:00"}
    assert sts.asked[-1] == {"RoleArn": ARN, "RoleSessionName": "nightly", "ExternalId": "x1"}


@pytest.mark.parametrize("code", ["AccessDenied", "RegionDisabledException"])
def test_a_refusal_names_the_role(code: str) -> None:
    with pytest.raises(CallFailed) as found:
        assume(lambda service: Sts(code), Role(ARN), lambda seconds: None)
    assert found.value.message.startswith(f"the role {ARN} cannot be assumed: ")
    assert found.value.operation == "sts:AssumeRole"
    assert ("trust policy" in found.value.hint) is (code == "AccessDenied")
