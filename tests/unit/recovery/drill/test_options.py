# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Invalid options: one sentence each, all at once, before any call. The documentation has the same options as the module."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from ansible_collections.mainstay.aws.plugins.module_utils.recovery.drill.options import argument_spec, plan_of
from ansible_collections.mainstay.aws.plugins.module_utils.recovery.drill.plan import Plan
from ansible_collections.mainstay.aws.plugins.modules import rds_drill
from tests.unit.documentation import documentable

TARGET = {"subnet_group": "drills", "security_groups": ["sg-1"], "parameter_group": "orders", "kms_key": "alias/orders"}
GOOD = {"database": "Orders", "target": TARGET, "ca_cert": "/ca.pem"}


def planned(region: str = "eu-west-1", **options: Any) -> tuple[Plan | None, list[str]]:
    checked = ArgumentSpecValidator(argument_spec()).validate({**GOOD, **options})
    assert not checked.error_messages, checked.error_messages
    return plan_of(checked.validated_parameters, region, check_mode=False)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"database": "1orders"}, "database is '1orders'"),
        ({"database": ""}, "database is ''"),
        ({"target": {**TARGET, "identifier": "orders"}}, "target.identifier is orders, the database itself"),
        ({"target": {**TARGET, "identifier": "a--b"}}, "target.identifier is 'a--b'"),
        ({"target": {**TARGET, "security_groups": []}}, "target.security_groups is empty"),
        ({"target": {**TARGET, "kms_key": ""}}, "target.kms_key is empty"),
        ({"region": ""}, "region is not set"),
        ({"marker": {"schema": "pg_x"}}, "marker.schema is 'pg_x'"),
        ({"marker": {"schema": "public"}}, "a schema of their own"),
        ({"marker": {"table": 'x"'}}, "marker.table is"),
        ({"marker": {"database": "rdsadmin"}}, "marker.database is 'rdsadmin'"),
        ({"marker": {"interval": 0}}, "marker.interval is 0"),
        ({"login": {"secret": "a", "user": "b"}}, "both secret and user"),
        ({"rto": 0}, "rto is 0; it has to be more than 0"),
        ({"rpo": 60}, "rpo is 60 s; point-in-time recovery of RDS is up to 300 s behind"),
        ({"ttl": 3600}, "ttl is 3600 s; a drill may take 19800 s"),
        ({"checks": {"sample_rows": 0}}, "checks.sample_rows is 0"),
    ],
)
def test_bad_input(options: dict[str, Any], said: str) -> None:
    plan, problems = planned(**options)
    assert plan is None
    assert len(problems) == 1, problems
    assert said in problems[0]


def test_all_problems_are_reported_together() -> None:
    assert len(planned(database="1", rto=0, marker={"schema": "public", "interval": -1})[1]) == 4


def test_a_plan() -> None:
    plan, problems = planned(marker={"database": "shop"}, checks={"databases": ["billing", "shop"], "exclude": ["audit.*"]})
    assert problems == []
    assert plan is not None
    assert (plan.database, plan.target.region, plan.databases) == ("orders", "eu-west-1", ("shop", "billing"))
    assert plan.reading.exclude == ("mainstay_drill.markers", "audit.*")
    assert (plan.goals.rto, plan.goals.rpo) == (14400, 900)


def test_all_databases_are_compared_unless_some_are_named() -> None:
    plan, _problems = planned()
    assert plan is not None
    assert plan.databases == ()


def test_a_snapshot_may_have_any_rpo() -> None:
    assert planned(method="snapshot", rpo=60)[1] == []


def test_the_documentation_has_the_same_options_as_the_module() -> None:
    documented = yaml.safe_load(rds_drill.DOCUMENTATION)["options"]
    assert flat(documented, "suboptions") == flat(argument_spec(), "options")


def flat(options: dict[str, Any], inner: str) -> dict[str, Any]:
    """Options without prose, and with their inner options as a key of one name."""
    found = {}
    for name, option in documentable(options).items():
        plain = {key: value for key, value in option.items() if key not in ("description", "apply_defaults", inner)}
        found[name] = {**plain, **({"inner": flat(option[inner], inner)} if inner in option else {})}
    return found
