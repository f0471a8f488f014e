# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""An account that is not empty: what is there is adopted, moved, recognised as another's, and never picked."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from ansible_collections.mainstay.aws.plugins.module_utils.network.component import KINDS
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.claims import names_held, take
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.engine import Result, Settings, observe, plan_only, reconcile
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.errors import EngineError
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.model import Resource
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.planner import Consent

from .support import QUICK, Requests, Site, network, summary

MARKS = ("mainstay:environment", "mainstay:component", "mainstay:address")
BY_NAME = ("iam_role", "log_group")


def taking(site: Site, desired: list[Resource], adopt: Any = None, moved: Any = None, apply: bool = True, **consent: Any) -> Result:
    """Plan or apply as the module does with these options."""
    aws = site.aws()
    allowed = Consent(tuple(consent.get("allow_replace", ())), tuple(consent.get("purge", ())))
    try:
        observed = take(adopt or {}, moved or {}, desired, observe(KINDS, aws), KINDS, aws, lambda a: allowed.allows("replace", a))
        result = plan_only(desired, observed, KINDS, allowed)
        if held := names_held(result.plan, KINDS, aws):
            return dataclasses.replace(result, failures=held)
        return reconcile(desired, observed, KINDS, aws, Settings(allowed, QUICK)) if apply else result
    finally:
        aws.close()


def unmark(site: Site, marks: dict[str, str] | None = None) -> dict[str, str]:
    """Take our marks from everything (or write others over them), as if another tool had made it; the ids by address."""
    aws = site.aws()
    try:
        ids = {}
        for seen in observe(KINDS, aws):
            ids[seen.address] = seen.id
            _retag(site, seen, marks)
        return ids
    finally:
        aws.close()


def _retag(site: Site, seen: Any, marks: dict[str, str] | None) -> None:
    tags = None if marks is None else {**marks, "mainstay:address": seen.address}
    if seen.kind == "iam_role":
        iam = site.cloud.client("iam")
        iam.tag_role(RoleName=seen.id, Tags=_list(tags)) if tags else iam.untag_role(RoleName=seen.id, TagKeys=list(MARKS))
    elif seen.kind == "log_group":
        logs, arn = site.cloud.client("logs"), seen.attributes["arn"]
        logs.tag_resource(resourceArn=arn, tags=tags) if tags else logs.untag_resource(resourceArn=arn, tagKeys=list(MARKS))
    elif seen.kind == "kms_key":
        kms = site.cloud.client("kms")
        pairs = [{"TagKey": key, "TagValue": value} for key, value in (tags or {}).items()]
        kms.tag_resource(KeyId=seen.id, Tags=pairs) if tags else kms.untag_resource(KeyId=seen.id, TagKeys=list(MARKS))
    else:
        ec2 = site.cloud.client("ec2")
        if tags:
            ec2.create_tags(Resources=[seen.id], Tags=_list(tags))
        else:
            ec2.delete_tags(Resources=[seen.id], Tags=[{"Key": key} for key in MARKS])


def _list(tags: dict[str, str]) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def test_a_network_that_lost_its_marks_is_taken_back_whole(site: Site, requests: Requests) -> None:
    """Every kind that the network has, looked up by its id, marked, and found to be as described."""
    desired = site.desired(main=network())
    site.apply(desired)
    ids = unmark(site)
    assert site.ids() == {}
    planned = taking(site, desired, ids, apply=False)
    assert set(summary(planned.plan).values()) == {"update"}
    assert {c.property for action in planned.plan.changes for c in action.changes} == {"mark"}
    result = taking(site, desired, ids)
    assert list(result.failures) == []
    assert site.ids() == ids
    again = taking(site, desired, ids)
    assert (again.report, list(again.plan.changes)) == (None, [])


def test_another_owners_network_is_taken_only_if_he_is_named(site: Site) -> None:
    desired = site.desired(main=network())
    site.apply(desired)
    ids = unmark(site, {"mainstay:environment": "prod", "mainstay:component": "legacy"})
    with pytest.raises(EngineError) as caught:
        taking(site, desired, ids)
    said = str(caught.value).splitlines()
    assert len(said) == len(ids)
    vpc = f"adopt: {{vpc.main: {ids['vpc.main']}}}: it belongs to prod/legacy vpc.main, not to nobody. If it is to be taken from there, write "
    assert f"{vpc}adopt: {{vpc.main: {{id: {ids['vpc.main']}, from: prod/legacy}}}}" in said
    result = taking(site, desired, {address: {"id": identifier, "from": "prod/legacy"} for address, identifier in ids.items()})
    assert list(result.failures) == []
    assert site.ids() == ids


@pytest.mark.parametrize("part", ["subnet.main/public-af-south-1a", "security_group.main/nodes", "iam_role.flow-logs", "log_group.main/flow-logs"])
def test_a_name_or_range_that_another_holds_is_said_before_the_first_change(site: Site, part: str, requests: Requests) -> None:
    desired = site.desired(main=network())
    site.apply(desired)
    (seen,) = [seen for seen in site.observed() if seen.address == part]
    _retag(site, seen, {"mainstay:environment": "prod", "mainstay:component": "legacy"})
    before = Requests(site.cloud)
    result = taking(site, desired)
    assert [(f.address, f.code) for f in result.failures] == [(part, "NameHeld")]
    assert result.failures[0].message == f"{seen.id} is in the way, which belongs to prod/legacy ({part})."
    assert f"adopt: {{{part}: {{id: {seen.id}, from: prod/legacy}}}}" in result.failures[0].hint
    assert before.changes() == []
