# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Cut-overs: in every intermediate state, the same call continues, and the way back is the same call the other way round."""

from __future__ import annotations

from typing import Any

import pytest
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from ansible_collections.mainstay.aws.plugins.module_utils.aws.connection import Aws, watch
from ansible_collections.mainstay.aws.plugins.module_utils.aws.owner import Owner
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.waiting import SystemClock
from ansible_collections.mainstay.aws.plugins.module_utils.restore.cutover import CutOver
from ansible_collections.mainstay.aws.plugins.module_utils.restore.cutover_answer import argument_spec, plan_of, result_of
from rehearsal.testing import Cloud
from tests.integration.restore.test_restores import documented
from tests.integration.snapshot_gate.support import Site, until

OWNER = {"mainstay:environment": "prod", "mainstay:component": "orders", "mainstay:address": "db_instance.main"}
QUICK = {"timeout": 20, "poll_interval": 0.1}


class CutOvers(Site):
    """An instance, orders, of a component, and one that was restored from it."""

    def prepare(self) -> None:
        self.create("orders", Tags=[{"Key": key, "Value": value} for key, value in {**OWNER, "mainstay:identifier": "orders"}.items()])
        resource = self.instance("orders")["DbiResourceId"]
        self.create("restored", Tags=[{"Key": "mainstay:database", "Value": resource}])

    def cut_over(self, check_mode: bool = False, **options: Any) -> dict[str, Any]:
        given = {"name": "orders", "target": "restored", "old_name": "orders-before", **QUICK, **options}
        checked = ArgumentSpecValidator(argument_spec()).validate(given)
        assert not checked.error_messages, checked.error_messages
        plan, problems = plan_of(checked.validated_parameters, check_mode=check_mode)
        if plan is None:
            return {"state": "refused", "msg": "\n".join(problems)}
        clock = SystemClock()
        aws = Aws(lambda service: watch(self.cloud.client(service, "apply")), Owner("", ""), pause=clock.pause, region=self.cloud.region)
        try:
            return result_of(plan, CutOver(aws, clock, plan, lambda _doing, _seconds: None).run(), aws.counts)
        finally:
            aws.close()

    def ids(self) -> dict[str, str]:
        return {one["DBInstanceIdentifier"]: one["DbiResourceId"] for one in self.rds.describe_db_instances()["DBInstances"]}

    def tags(self, name: str) -> dict[str, str]:
        return {one["Key"]: one["Value"] for one in self.instance(name)["TagList"]}


@pytest.fixture
def site(cloud: Cloud) -> CutOvers:
    found = CutOvers(cloud)
    found.prepare()
    return found


def test_names_and_owner_change_places_and_back(site: CutOvers) -> None:
    before = site.ids()
    found = site.cut_over()
    assert (found["state"], found["changed"], found["left"]) == ("done", True, []), found["msg"]
    assert site.ids() == {"orders": before["restored"], "orders-before": before["orders"]}
    assert {**OWNER, "mainstay:identifier": "orders"}.items() <= site.tags("orders").items()
    assert not set(OWNER) & set(site.tags("orders-before"))
    assert found["way_back"] == "To go back: rds_cutover with name orders, target orders-before, and old_name restored."
    again = site.cut_over()
    assert (again["state"], again["changed"]) == ("done", False), again["msg"]
    back = site.cut_over(target="orders-before", old_name="restored")
    assert back["state"] == "done", back["msg"]
    assert site.ids() == before
    assert OWNER.items() <= site.tags("orders").items()
    assert not set(OWNER) & set(site.tags("restored"))


OPERATIONS = ("AddTagsToResource", "ModifyDBInstance", "RemoveTagsFromResource")


@pytest.mark.parametrize(
    ("operation", "number"), [(OPERATIONS[0], 2), (OPERATIONS[1], 1), (OPERATIONS[1], 2), (OPERATIONS[0], 3), (OPERATIONS[2], 1)]
)
def test_a_run_that_ends_anywhere_is_continued(site: CutOvers, operation: str, number: int) -> None:
    before = site.ids()
    site.cloud.admin.fault("rds", operation, fault="error", code="AccessDenied", status=400, nth=number, times=None)
    found = site.cut_over()
    assert found["state"] == "failed", found["msg"]
    assert "Run the same again to continue" in found["msg"]
    site.cloud.admin.clear_faults()
    owners = [name for name in site.ids() if OWNER.items() <= site.tags(name).items()]
    assert owners
    found = site.cut_over(old_name="")
    assert found["state"] == "done", found["msg"]
    assert site.ids() == {"orders": before["restored"], "orders-before": before["orders"]}
    assert not set(OWNER) & set(site.tags("orders-before"))


@pytest.mark.parametrize("operation", OPERATIONS)
def test_a_lost_reply_changes_nothing(site: CutOvers, operation: str) -> None:
    before = site.ids()
    site.cloud.admin.fault("rds", operation, fault="reset_after")
    assert site.cut_over()["state"] == "done"
    assert site.ids() == {"orders": before["restored"], "orders-before": before["orders"]}


def test_check_mode_lists_the_steps(site: CutOvers) -> None:
    before, since = site.ids(), len(site.cloud.admin.requests())
    found = site.cut_over(check_mode=True)
    assert (found["state"], len(found["left"])) == ("would_cut_over", 5), found["msg"]
    assert "rename orders to orders-before" in found["diff"]["after"]
    assert not [one for one in site.cloud.admin.requests()[since:] if one["mutating"]]
    assert site.ids() == before


def test_by_application_only_says_what_to_set(site: CutOvers) -> None:
    since = len(site.cloud.admin.requests())
    found = site.cut_over(by="application")
    assert found["state"] == "printed"
    assert site.instance("restored")["Endpoint"]["Address"] in found["msg"]
    assert not [one for one in site.cloud.admin.requests()[since:] if one["mutating"]]


def test_what_does_not_follow_a_rename_has_to_be_accepted(site: CutOvers) -> None:
    site.rds.create_db_instance_read_replica(DBInstanceIdentifier="reader", SourceDBInstanceIdentifier="orders")
    until(lambda: site.instance("reader")["DBInstanceStatus"] == "available")
    found = site.cut_over()
    assert (found["state"], found["reason"]) == ("refused", "attached"), found["msg"]
    assert "reader" in found["msg"]
    found = site.cut_over(accept=["replicas"])
    assert found["state"] == "done", found["msg"]
    assert found["attached"]["replicas"] == ["reader"]


REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "the same": ({"target": "orders"}, "which is the name itself"),
    "unknown": ({"target": "restord"}, "did you mean restored?"),
    "old name taken": ({"old_name": "other"}, "There is a DB instance other already"),
    "unrelated": ({"target": "other"}, "was not restored from orders"),
    "no identifier": ({"old_name": "a--b"}, "an identifier of RDS has"),
}


def test_what_is_wrong_is_refused_before_the_first_change(site: CutOvers) -> None:
    site.create("other")
    since = len(site.cloud.admin.requests())
    wrong = {}
    for name, (options, words) in REFUSED.items():
        found = site.cut_over(**options)
        if found["state"] != "refused" or words not in found["msg"]:
            wrong[name] = found["msg"]
    assert wrong == {}
    assert not [one for one in site.cloud.admin.requests()[since:] if one["mutating"]]


def test_exactly_the_documented_permissions_suffice(site: CutOvers) -> None:
    site.cloud.admin.policies(apply=[documented("Cut over")])
    try:
        found = site.cut_over()
    finally:
        site.cloud.admin.policies(apply=None)
    assert found["state"] == "done", found["msg"]
