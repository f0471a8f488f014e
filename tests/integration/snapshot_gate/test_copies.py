# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Copies in another region and in another account, in clouds that check shares, keys and trust as AWS does."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from .support import Site, outcome, rule, until
from .test_playbook import documented, run, start

OTHER, FAR = "111122223333", "eu-central-1"


class Far:
    """What the rehearsal has besides the site: a key in another region, and another account with a key and a role."""

    def __init__(self, site: Site) -> None:
        cloud = self.cloud = site.cloud
        self.site = site
        self.rds, self.abroad = cloud.client("rds", region=FAR), cloud.client("rds", account_id=OTHER)
        self.key = cloud.client("kms", region=FAR).create_key()["KeyMetadata"]["Arn"]
        self.key_abroad = cloud.client("kms", account_id=OTHER).create_key()["KeyMetadata"]["Arn"]
        trust = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{cloud.account_id}:root"}, "Action": "sts:AssumeRole"}
        role = cloud.client("iam", account_id=OTHER).create_role(
            RoleName="backup", AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [trust]})
        )
        self.role = str(role["Role"]["Arn"])
        self.allow()

    def allow(self, *accounts: str) -> None:
        """Who may use the key of the database, besides its own account."""
        names = [f"arn:aws:iam::{one}:root" for one in (self.cloud.account_id, *(accounts or (OTHER,)))]
        statement = {"Effect": "Allow", "Principal": {"AWS": names}, "Action": "kms:*", "Resource": "*"}
        policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        key = self.site.instance()["KmsKeyId"]
        self.cloud.client("kms").put_key_policy(KeyId=key, PolicyName="default", Policy=policy)

    @property
    def away(self) -> dict[str, str]:
        return {"region": FAR, "kms_key": self.key}

    @property
    def there(self) -> dict[str, str]:
        return {"kms_key": self.key_abroad, "role_arn": self.role}

    def shared_with(self, name: str = "main-r1") -> list[str]:
        found = self.site.rds.describe_db_snapshot_attributes(DBSnapshotIdentifier=name)["DBSnapshotAttributesResult"]
        return [value for one in found["DBSnapshotAttributes"] for value in one["AttributeValues"]]


@pytest.fixture
def far(site: Site) -> Far:
    return Far(site)


def names(rds: Any) -> list[str]:
    return [one["DBSnapshotIdentifier"] for one in rds.describe_db_snapshots(SnapshotType="manual")["DBSnapshots"]]


def test_rule_31_another_region_and_another_account(site: Site, far: Far) -> None:
    found = site.gate(copies=[far.away, far.there, {**far.there, "region": FAR, "kms_key": abroad_key(far)}])
    assert outcome(found) == ("passed", "snapshot", 0), found["msg"]
    assert rule(found, "copies") == "passed"
    (copy,) = far.rds.describe_db_snapshots()["DBSnapshots"]
    source = site.rds.describe_db_snapshots(DBSnapshotIdentifier="main-r1")["DBSnapshots"][0]
    assert (copy["KmsKeyId"], copy["SourceDBSnapshotIdentifier"]) == (far.key, source["DBSnapshotArn"])
    (copy,) = far.abroad.describe_db_snapshots()["DBSnapshots"]
    assert (copy["KmsKeyId"], copy["SourceDBSnapshotIdentifier"]) == (far.key_abroad, source["DBSnapshotArn"])
    assert names(site.cloud.client("rds", region=FAR, account_id=OTHER)) == ["main-r1"]
    assert far.shared_with() == []
    again = site.gate(copies=[far.away, far.there], action="verify", tokens=site.gate(copies=[far.away, far.there])["tokens"])
    assert outcome(again) == ("passed", "snapshot", 0), again["msg"]
    assert site.calls("CopyDBSnapshot") == 3


def abroad_key(far: Far) -> str:
    return str(far.cloud.client("kms", region=FAR, account_id=OTHER).create_key()["KeyMetadata"]["Arn"])


def test_rule_31_the_share_is_taken_back_after_a_refusal(site: Site, far: Far) -> None:
    """The policy of the source's key does not let the other account use it."""
    far.allow(site.cloud.account_id)
    found = site.gate(copies=[far.there])
    assert outcome(found) == ("failed", "key_usable", 3), found["msg"]
    assert far.shared_with() == []
    far.allow(OTHER)
    assert site.gate(copies=[far.there])["verdict"] == "passed"
    assert site.calls("CreateDBSnapshot") == 1


def test_rule_31_a_copy_that_fails(site: Site, far: Far) -> None:
    failing = [{"state": "copying", "seconds": 0.3, "fields": {"PercentProgress": 60}}, {"state": "failed"}]
    site.script("snapshot", "main-r1-copy", *failing)
    found = site.gate(copies=[{"kms_key": site.key()}])
    assert outcome(found) == ("failed", "copy_snapshot_failed", 3), found["msg"]
    assert "60 %" in found["msg"]
    found = site.gate(action="require")
    assert outcome(found) == ("passed", "snapshot", 0), "the copy, under another key, is not taken for the snapshot"


def test_rule_08_the_default_key_is_refused_before_anything_is_taken(site: Site, far: Far) -> None:
    site.create("plain", KmsKeyId="alias/aws/rds")
    found = site.gate("plain", copies=[far.there])
    assert outcome(found) == ("refused", "default_key", 4), found["msg"]
    assert site.manual() == []


def test_rule_08_a_role_that_does_not_trust_is_refused_before_anything_is_taken(site: Site, far: Far) -> None:
    found = site.gate(copies=[{**far.there, "role_arn": f"arn:aws:iam::{OTHER}:role/absent"}])
    assert outcome(found) == ("refused", "access_denied", 4), found["msg"]
    assert "role/absent cannot be assumed" in found["msg"]
    assert site.manual() == []


def test_rule_31_a_run_that_was_killed_is_continued_and_takes_back_the_share(site: Site, far: Far, tmp_path: Path) -> None:
    site.gate()
    site.takes(snapshot=8.0)
    process = start(site, tmp_path, "--databases", "main", snapshot_gate_copies=[far.there])
    until(lambda: bool(names(far.abroad)), 60.0)
    process.kill()
    process.wait(timeout=60)
    if process.stdout:
        process.stdout.close()
    assert far.shared_with() == [OTHER]
    code, report, shown = run(site, tmp_path, "--databases", "main", snapshot_gate_copies=[far.there])
    assert (code, report.get("verdict")) == (0, "passed"), shown
    assert far.shared_with() == []
    assert names(far.abroad) == ["main-r1"]
    assert site.calls("CopyDBSnapshot") == 1


def test_the_gate_acts_as_a_role_of_the_databases_account(site: Site, far: Far, tmp_path: Path) -> None:
    """From an account that holds no databases, such as one for pipelines."""
    environment = site.cloud.environment("apply", OTHER)
    trust = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{OTHER}:root"}, "Action": "sts:AssumeRole"}
    made = site.cloud.client("iam").create_role(
        RoleName="gate", AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    )
    code, report, shown = run(site, tmp_path, "--databases", "main", environment=environment, snapshot_gate_role_arn=made["Role"]["Arn"])
    assert (code, report.get("verdict")) == (0, "passed"), shown
    code, report, shown = run(site, tmp_path, "--databases", "main", environment=environment)
    assert (code, report.get("reason")) == (4, "no_database"), shown


def test_the_documented_permissions_suffice_for_copies(site: Site, far: Far, tmp_path: Path) -> None:
    policies = [documented(number) for number in (0, 2, 3)]
    site.cloud.admin.policies(apply=policies)
    try:
        for release in ("r1", "r2"):
            found = site.gate(deployment=release, keep=1, copies=[far.away, far.there])
            assert found["verdict"] == "passed", found["msg"]
            assert found["databases"]["main"]["notes"] == [one for one in found["databases"]["main"]["notes"] if "standby" in one]
        code, report, shown = run(
            site,
            tmp_path,
            "--databases",
            "main",
            snapshot_gate_copies=[far.there],
            snapshot_gate_copy_regions=FAR,
            snapshot_gate_copy_kms_key=far.key,
        )
        assert (code, report.get("verdict")) == (0, "passed"), shown
    finally:
        site.cloud.admin.policies(apply=None)
    denied = [one for one in site.cloud.admin.requests() if one["error_code"] in ("AccessDenied", "AccessDeniedException")]
    assert denied == []
    assert (sorted(names(far.rds)), sorted(names(far.abroad))) == (["main-r1", "main-r2"], ["main-r1", "main-r2"])


COPY_ACTIONS = ("sts:AssumeRole", "kms:CreateGrant", "rds:ModifyDBSnapshotAttribute", "rds:CopyDBSnapshot")


@pytest.mark.parametrize("action", COPY_ACTIONS)
def test_every_permission_for_copies_is_needed(site: Site, far: Far, action: str) -> None:
    policies = [documented(number) for number in (0, 2, 3)]
    for policy in policies:
        for statement in policy["Statement"]:
            statement["Action"] = [one for one in statement["Action"] if one != action]
        policy["Statement"] = [statement for statement in policy["Statement"] if statement["Action"]]
    site.cloud.admin.policies(apply=policies)
    try:
        found = site.gate(copies=[far.there])
    finally:
        site.cloud.admin.policies(apply=None)
    assert found["verdict"] in ("refused", "failed")
    assert action in found["msg"], found["msg"]
