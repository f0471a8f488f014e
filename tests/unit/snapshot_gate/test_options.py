# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Invalid options: one sentence each, all at once, before any call. The documentation has the same options as the module."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from ansible_collections.mainstay.aws.plugins.doc_fragments import role
from ansible_collections.mainstay.aws.plugins.module_utils.snapshot_gate.options import argument_spec, at_home, plan_of
from ansible_collections.mainstay.aws.plugins.module_utils.snapshot_gate.plan import Plan
from ansible_collections.mainstay.aws.plugins.modules import rds_snapshot_gate
from tests.unit.documentation import documentable

GOOD = {"databases": ["orders"], "deployment": "r1"}
PROOF = {"query": "SELECT 1", "ca_cert": "/ca.pem"}


def planned(**options: Any) -> tuple[Plan | None, list[str]]:
    checked = ArgumentSpecValidator(argument_spec()).validate({**GOOD, **options})
    assert not checked.error_messages, checked.error_messages
    return plan_of(checked.validated_parameters, check_mode=False)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"databases": []}, "databases is empty"),
        ({"databases": ["1orders"]}, "databases names '1orders'"),
        ({"databases": ["orders-"]}, "databases names 'orders-'"),
        ({"databases": ["a--b"]}, "databases names 'a--b'"),
        ({"databases": ["o" * 64]}, "1 to 63"),
        ({"databases": ["orders", "Orders"]}, "databases names 'orders' twice"),
        ({"deployment": ""}, "deployment is ''"),
        ({"deployment": "r#1"}, "deployment is 'r#1'"),
        ({"rpo": 60}, "rpo is 60 s; point-in-time recovery of RDS is up to 300 s behind"),
        ({"rpo": 0}, "rpo is 0; it has to be more than 0"),
        ({"max_age": -1}, "max_age is -1"),
        ({"timeout": 0}, "timeout is 0"),
        ({"keep": 0}, "keep is 0"),
        ({"keep_days": -1}, "keep_days is -1"),
        ({"shared_with": ["1234"]}, "shared_with names '1234'"),
        ({"tags": {"aws:x": "y"}}, "tags has 'aws:x'"),
        ({"tags": {"mainstay:database": "y"}}, "tags has 'mainstay:database'"),
        ({"tags": {f"t{number}": "" for number in range(48)}}, "tags has 48 entries"),
        ({"action": "verify"}, "tokens has no token for orders"),
        ({"action": "verify", "tokens": {"orders": "x"}}, "tokens has an invalid token for orders"),
        ({"proof": {**PROOF, "query": "DELETE FROM orders"}}, "proof.query begins with none of SELECT"),
        ({"proof": {**PROOF, "ttl": 0}}, "proof.ttl is 0"),
        ({"copies": [{"region": "Frankfurt"}]}, "copies[0].region is 'Frankfurt'"),
        ({"copies": [{"region": "eu-central-1"}, {"role_arn": "backup"}]}, "copies[1].role_arn is 'backup'"),
        ({"role_arn": "deploy"}, "role_arn is 'deploy'"),
        ({"copy_timeout": 0}, "copy_timeout is 0"),
    ],
)
def test_bad_input(options: dict[str, Any], said: str) -> None:
    plan, problems = planned(**options)
    assert plan is None
    assert len(problems) == 1
    assert said in problems[0]


ROLE = "arn:aws:iam::222222222222:role/backup"


@pytest.mark.parametrize(
    ("copies", "said"),
    [
        ([{"region": "eu-central-1", "kms_key": "k"}, {"kms_key": "k", "role_arn": ROLE}], ""),
        ([{"kms_key": "k"}], ""),
        ([{}], "copies[0] is in eu-west-1, where the database is"),
        ([{"region": "eu-west-1"}], "copies[0] is in eu-west-1, where the database is"),
        ([{"region": "eu-central-1"}, {"region": "eu-central-1", "kms_key": "k"}], "copies names eu-central-1 twice"),
        ([{"role_arn": ROLE}, {"region": "eu-west-1", "role_arn": ROLE}], "copies names eu-west-1 of account 222222222222 twice"),
    ],
)
def test_where_copies_are(copies: list[dict[str, str]], said: str) -> None:
    plan, _problems = planned(copies=copies)
    assert plan is not None
    found, problems = at_home(plan, "eu-west-1")
    assert " ".join(problems).startswith(said)
    assert bool(problems) is bool(said)
    assert all(one.region for one in found.policy.copies)


def test_all_problems_are_reported_together() -> None:
    _plan, problems = planned(databases=["1"], deployment="", keep=0)
    assert len(problems) == 3


def test_a_short_rpo_is_possible_without_point_in_time_recovery() -> None:
    plan, problems = planned(rpo=60, pitr="optional")
    assert problems == []
    assert plan is not None
    assert plan.policy.rpo == 60


def test_the_order_of_lists_does_not_change_the_policy() -> None:
    first, second = (
        planned(needed_for=names, shared_with=accounts)[0]
        for names, accounts in (
            (["data", "migration"], ["222222222222", "111111111111"]),
            (["migration", "data"], ["111111111111", "222222222222"]),
        )
    )
    assert first is not None
    assert second is not None
    assert first.policy == second.policy


def test_no_changes_are_not_unknown_changes() -> None:
    nothing, unknown = planned(changes=[])[0], planned()[0]
    assert nothing is not None
    assert unknown is not None
    assert (nothing.changes, unknown.changes) == ((), None)


def test_a_proof() -> None:
    plan, _problems = planned(proof={**PROOF, "security_groups": ["sg-1"]})
    assert plan is not None
    assert plan.proof is not None
    assert (plan.proof.database, plan.proof.security_groups) == ("postgres", ("sg-1",))


def without_prose(options: dict[str, Any]) -> dict[str, Any]:
    found = {}
    for name, option in options.items():
        kept = {key: value for key, value in option.items() if key not in ("description", "suboptions", "options", "no_log")}
        inside = option.get("suboptions") or option.get("options")
        found[name] = kept | ({"options": without_prose(inside)} if inside else {})
    return found


def test_the_documentation_has_the_options_of_the_module() -> None:
    documented = {
        **yaml.safe_load(rds_snapshot_gate.DOCUMENTATION)["options"],
        **yaml.safe_load(role.ModuleDocFragment.DOCUMENTATION)["options"],
    }
    assert without_prose(documented) == without_prose(documentable(argument_spec()))
