# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""A component with resources in two regions: made, unchanged, moved, removed; what is left there; regions that cannot be used."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.mainstay.aws.plugins.module_utils.aws.connection import Aws, watch
from ansible_collections.mainstay.aws.plugins.module_utils.aws.elsewhere import moved_home
from ansible_collections.mainstay.aws.plugins.module_utils.aws.place import Place
from ansible_collections.mainstay.aws.plugins.module_utils.aws.policies import key_policy
from ansible_collections.mainstay.aws.plugins.module_utils.kinds.kms_key import KmsKey
from ansible_collections.mainstay.aws.plugins.module_utils.kinds.log_group import LogGroup
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.engine import Settings, observe, reconcile
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.model import Kind, Resource, ref
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.planner import Consent
from rehearsal.testing import Cloud
from tests.integration.site import Component, shown, summary

from .play import environment, play, task
from .support import ACCOUNT, REGION, Requests

AWAY = "us-east-1"
KEY = "kms_key.*"


@dataclass
class Keys(Component):
    """Keys in two regions, and a log group at home."""

    component: str = "network"

    def kinds(self, desired: Sequence[Resource] = ()) -> Mapping[str, Kind]:
        return {"kms_key": KmsKey(), "log_group": LogGroup()}

    def aws(self, role: str = "apply") -> Aws:
        aws = Aws(lambda service, region=REGION: watch(self.cloud.client(service, role, region)), self.owner, region=REGION)
        aws.also_in([AWAY])
        return aws

    def key(self, name: str, region: str = "", **more: Any) -> Resource:
        place = Place(self.environment, self.component, region or REGION, ACCOUNT)
        where = {"region": region} if region else {}
        return Resource("kms_key", name, {**where, "policy": key_policy(place), "alias": f"alias{place.path}{name}", **more})

    def both(self, **more: Any) -> list[Resource]:
        return [self.key("main"), self.key("copies", AWAY, **more), Resource("log_group", "a", {"log_group_name": f"{self.owner.path}a"})]


def keys(cloud: Cloud, region: str) -> list[str]:
    """The IDs of the enabled keys of a region."""
    kms = cloud.client("kms", region=region)
    found = [kms.describe_key(KeyId=one["KeyId"])["KeyMetadata"] for one in kms.list_keys()["Keys"]]
    return [one["KeyId"] for one in found if one["KeyManager"] == "CUSTOMER" and one["KeyState"] == "Enabled"]


def test_the_life_of_a_resource_in_another_region(cloud: Cloud) -> None:
    ours = Keys(cloud)
    made = ours.apply(ours.both())
    (away,) = keys(cloud, AWAY)
    assert len(keys(cloud, REGION)) == 1
    where = {one.address: one.properties.get("region") for one in made.final}
    assert where == {"kms_key.main": None, "kms_key.copies": AWAY, "log_group.a": None}
    (created,) = [action for action in shown(made)["actions"] if action["address"] == "kms_key.copies"]
    assert (created["region"], created["id"]) == (AWAY, away)

    requests = Requests(cloud)
    assert ours.apply(ours.both()).plan.changes == ()
    assert requests.changes() == []
    called = {(one["region"], one["service"]) for one in requests.all()}
    assert called == {(place, service) for place in (REGION, AWAY) for service in ("kms", "resourcegroupstaggingapi")} | {(REGION, "logs")}

    requests = Requests(cloud)
    ours.apply(ours.both(description="changed"))
    assert {one["region"] for one in requests.all() if one["mutating"]} == {AWAY}
    assert cloud.client("kms", region=AWAY).describe_key(KeyId=away)["KeyMetadata"]["Description"] == "changed"

    ours.destroy()
    assert (keys(cloud, REGION), keys(cloud, AWAY)) == ([], [])


def test_names_and_references_in_two_regions(cloud: Cloud) -> None:
    """An alias belongs to one region, and a reference leads to the key that it names."""
    ours = Keys(cloud)
    place = Place("prod", "network", REGION, ACCOUNT)
    alias = f"alias{place.path}same"
    home, away = ours.key("one", alias=alias), ours.key("two", AWAY, alias=alias)
    described = Resource("kms_key", "three", {"policy": key_policy(place), "description": ref("kms_key.two", "arn")})
    ours.apply([home, away, described])
    ids = ours.ids()
    assert ids["kms_key.one"] in keys(cloud, REGION)
    assert ids["kms_key.two"] in keys(cloud, AWAY)
    text = cloud.client("kms").describe_key(KeyId=ids["kms_key.three"])["KeyMetadata"]["Description"]
    assert text == f"arn:aws:kms:{AWAY}:{ACCOUNT}:key/{ids['kms_key.two']}"
    assert ours.plan([home, away, described]).changes == ()


@pytest.mark.parametrize(("before", "after"), [("", AWAY), (AWAY, "")])
def test_a_key_that_moves_is_replaced_with_consent(cloud: Cloud, before: str, after: str) -> None:
    ours = Keys(cloud)
    ours.apply([ours.key("main", before)])
    aws, kinds = ours.aws(), ours.kinds()
    observed = observe(kinds, aws)
    desired = moved_home(aws, kinds, [ours.key("main", after)], observed)
    assert summary(ours.plan(desired)) == {"kms_key.main": "replace (no consent)"}
    result = reconcile(desired, observed, kinds, aws, Settings(Consent((KEY,)), ours.patience))
    aws.close()
    assert list(result.failures) == []
    assert (len(keys(cloud, REGION)), len(keys(cloud, AWAY))) == ((0, 1) if after else (1, 0))
    assert ours.plan([ours.key("main", after)]).changes == ()


def test_what_is_left_in_a_region_that_no_setting_names(cloud: Cloud, tmp_path: Path) -> None:
    """Shown with its region, kept without consent, removed with it; found when its component is gone."""
    ours, legacy = Keys(cloud), Keys(cloud, component="legacy")
    ours.apply([ours.key("copies", AWAY)])
    legacy.apply([legacy.key("old", AWAY)])
    options: dict[str, Any] = {"networks": {}, "further_regions": [AWAY], "claimed": ["network"]}
    unclaimed = {"claimed": ["network"], "further_regions": [AWAY]}
    tasks = [
        task({"networks": {}}, check=True),
        task(options, check=True),
        task({**options, "purge": [KEY]}),
        task(options),
        task(unclaimed, module="platform_unclaimed_info"),
        task({"claimed": ["network"]}, module="platform_unclaimed_info"),
        task({**unclaimed, "component": "legacy", "poll_interval": 0.05, "settle_seconds": 0.5}, module="platform_unclaimed"),
        task(unclaimed, module="platform_unclaimed_info"),
    ]
    unseen, held, purged, after, found, near, removed, empty = play(tmp_path, environment(cloud), tasks)
    assert unseen["plan"]["actions"] == []
    assert "further_regions" not in unseen["plan"]["target"]
    assert held["plan"]["target"]["further_regions"] == [AWAY]
    assert [(one["address"], one["region"], one["outcome"]) for one in held["plan"]["actions"]] == [("kms_key.copies", AWAY, "held_back")]
    assert [one["component"] for one in held["unclaimed"]["resources"]] == ["legacy"]
    assert purged["plan"]["counts"]["delete"] == 1
    assert purged["diff"][0]["before_header"] == f"kms_key.copies in {AWAY} (delete)"
    assert (after["changed"], after["plan"]["actions"]) == (False, [])
    assert [one["address"] for one in found["unclaimed"]["resources"]] == ["kms_key.old"]
    assert near["unclaimed"]["resources"] == []
    assert removed["plan"]["counts"]["delete"] == 1
    assert empty["unclaimed"]["resources"] == []
    assert keys(cloud, AWAY) == []


def test_regions_that_cannot_be_used_are_one_error_before_the_first_change(cloud: Cloud, tmp_path: Path, requests: Requests) -> None:
    cloud.admin.settings(disabled_regions=["me-south-1"])
    networks = {"main": {"cidr": "10.0.0.0/16", "availability_zones": [f"{REGION}a"], "nat": "none"}}
    tasks = [task({"networks": networks, "further_regions": [region]}) for region in ("me-south-1", "us-easst-1", "Virginia")]
    disabled, unknown, malformed = play(tmp_path, environment(cloud), tasks)
    assert disabled["msg"].startswith("The region me-south-1 is not enabled for this account. Enable it (`aws account enable-region")
    assert unknown["msg"].startswith("There is no region us-easst-1; did you mean us-east-1?")
    assert malformed["msg"] == "further_regions (platform_further_regions) has 'Virginia', which is no region such as us-east-1."
    assert requests.changes() == []
