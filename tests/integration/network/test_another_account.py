# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""An inventory of one account, applied with credentials of another one that may assume a role there."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.integration.conftest import CloudFor
from tests.integration.eks_operations.site import Site
from tests.integration.eks_operations.support import ACCOUNT, REGION
from tests.integration.site import Requests

OTHER = "345678901234"
EXTERNAL_ID = "pipeline-7"
HINT = "Check its ARN and external ID, allow the caller in its trust policy, and allow the caller sts:AssumeRole."


@pytest.fixture
def site(cloud_for: CloudFor, tmp_path: Path) -> Site:
    """A network of the other account. Its role demands an external ID of this one."""
    settings = {"databases": False, "control_planes": False}
    cloud = cloud_for(account_id=ACCOUNT, region=REGION, settings=settings, further_accounts=(OTHER,))
    trust: dict[str, Any] = {
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"},
        "Action": "sts:AssumeRole",
        "Condition": {"StringEquals": {"sts:ExternalId": EXTERNAL_ID}},
    }
    document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    role = cloud.client("iam", account_id=OTHER).create_role(RoleName="deploy", AssumeRolePolicyDocument=document)["Role"]["Arn"]
    made = Site(cloud, tmp_path)
    made.variables |= {"platform_account_id": OTHER, "platform_role_arn": role, "platform_role_external_id": EXTERNAL_ID}
    return made


def networks(site: Site, account_id: str) -> list[str]:
    """The networks in an account that are not AWS's own."""
    found = site.cloud.client("ec2", account_id=account_id).describe_vpcs()["Vpcs"]
    return [one["VpcId"] for one in found if not one["IsDefault"]]


def test_everything_is_made_in_the_account_of_the_role(site: Site) -> None:
    site.must("site.yml")
    assert len(networks(site, OTHER)) == 1
    assert networks(site, "") == []
    requests = Requests(site.cloud)
    again = site.must("site.yml")
    assert [one for one in requests.changes() if one != "sts:AssumeRole"] == [], again.text
    assert site.summary()["result"] == "no_changes", again.text


def test_a_role_that_cannot_be_assumed_is_one_error(site: Site) -> None:
    site.variables["platform_role_external_id"] = "another"
    requests = Requests(site.cloud)
    refused = site.run("site.yml")
    assert refused.code != 0
    assert refused.says("cannot be assumed"), refused.text
    assert refused.says(HINT), refused.text
    assert "Traceback" not in refused.text
    assert [one for one in requests.changes() if not one.startswith("sts:")] == []
