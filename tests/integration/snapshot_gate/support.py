# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Databases in a rehearsal cloud, and gates run as the module runs them."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import boto3
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from botocore.config import Config

from ansible_collections.mainstay.aws.plugins.module_utils.aws.connection import Aws, watch
from ansible_collections.mainstay.aws.plugins.module_utils.aws.owner import Owner
from ansible_collections.mainstay.aws.plugins.module_utils.aws.roles import Role, assume
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.waiting import SystemClock
from ansible_collections.mainstay.aws.plugins.module_utils.snapshot_gate.answer import Accounts, judge_all, result_of
from ansible_collections.mainstay.aws.plugins.module_utils.snapshot_gate.options import argument_spec, at_home, plan_of
from rehearsal.testing import Cloud

QUICK = {"database_timeout": 3, "timeout": 20, "stall_timeout": 10, "poll_interval": 0.2}


class Site:
    """An account with databases in one region."""

    def __init__(self, cloud: Cloud) -> None:
        self.cloud = cloud
        self.rds = cloud.client("rds")

    def key(self) -> str:
        return str(self.cloud.client("kms").create_key()["KeyMetadata"]["Arn"])

    def takes(self, **seconds: float) -> None:
        """Sets how long states take, by the kind of resource without its prefix."""
        self.cloud.admin.settings(transition_seconds={"default": 0.0, **{f"rds_{kind}": value for kind, value in seconds.items()}})

    def create(self, name: str, **options: Any) -> dict[str, Any]:
        given = {
            "Engine": "postgres",
            "EngineVersion": "17.4",
            "DBInstanceClass": "db.t4g.medium",
            "AllocatedStorage": 100,
            "StorageType": "gp3",
            "MasterUsername": "root_user",
            "MasterUserPassword": "not-secret-at-all",
            "BackupRetentionPeriod": 7,
            "StorageEncrypted": True,
            "Tags": [{"Key": "team", "Value": "shop"}],
            **options,
        }
        if given["StorageEncrypted"]:
            given.setdefault("KmsKeyId", self.key())
        made = self.rds.create_db_instance(DBInstanceIdentifier=name, **given)["DBInstance"]
        until(lambda: self.instance(name)["DBInstanceStatus"] == "available")
        return dict(made)

    def instance(self, name: str = "main") -> dict[str, Any]:
        return dict(self.rds.describe_db_instances(DBInstanceIdentifier=name)["DBInstances"][0])

    def snapshot(self, name: str, of: str = "main", **options: Any) -> dict[str, Any]:
        return dict(self.rds.create_db_snapshot(DBSnapshotIdentifier=name, DBInstanceIdentifier=of, **options)["DBSnapshot"])

    def manual(self) -> list[str]:
        """The manual snapshots of the account."""
        pages = self.rds.get_paginator("describe_db_snapshots").paginate(SnapshotType="manual")
        return [one["DBSnapshotIdentifier"] for page in pages for one in page["DBSnapshots"]]

    def gate(self, *databases: str, check_mode: bool = False, role: str = "apply", **options: Any) -> dict[str, Any]:
        """The result of the module. Options have the module's defaults, and short time limits."""
        given = {"databases": list(databases or ("main",)), "deployment": "r1", **QUICK, **options}
        checked = ArgumentSpecValidator(argument_spec()).validate(given)
        assert not checked.error_messages, checked.error_messages
        plan, problems = plan_of(checked.validated_parameters, check_mode=check_mode)
        assert plan is not None, problems
        plan = replace(plan, limits=replace(plan.limits, settle=1.0))
        plan, problems = at_home(plan, self.cloud.region)
        assert not problems, problems
        clock = SystemClock()

        def make(service: str, region: str = "") -> Any:
            return watch(self.cloud.client(service, role, region or None))

        aws = Aws(make, Owner("", ""), pause=clock.pause, region=self.cloud.region)
        accounts = Accounts(aws, lambda one: self.acting_as(make, one), clock)
        began = time.monotonic()
        try:
            verdicts = judge_all(aws, clock, plan, accounts.connect)
        finally:
            accounts.close()
            aws.close()
        return result_of(plan, verdicts, accounts.counts(), time.monotonic() - began)

    def acting_as(self, make: Callable[..., Any], role: Role) -> Callable[..., Any]:
        """Clients with the credentials of a role."""

        def make_as(service: str, region: str = "") -> Any:
            issued = assume(make, role, time.sleep)
            session = boto3.session.Session(issued["access_key"], issued["secret_key"], issued["token"], region or self.cloud.region)
            config = Config(retries={"total_max_attempts": 1})
            return watch(session.client(service, endpoint_url=self.cloud.endpoint, config=config))

        return make_as

    def script(self, kind: str, name: str, *states: Mapping[str, Any]) -> None:
        self.cloud.admin.script(f"rds_{kind}", {"id": name}, list(states))

    def calls(self, operation: str) -> int:
        return sum(one["operation"] == operation for one in self.cloud.admin.requests())


def outcome(found: Mapping[str, Any]) -> tuple[str, str, int]:
    return found["verdict"], found["reason"], found["exit_code"]


def rule(found: Mapping[str, Any], name: str, database: str = "main") -> str:
    """The result of a rule by its name; empty if it did not apply."""
    return next((str(one["result"]) for one in found["databases"][database]["checks"] if one["name"] == name), "")


def until(holds: Callable[[], bool], seconds: float = 60.0) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.05)
