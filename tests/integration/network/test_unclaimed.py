# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Resources with the environment's mark that belong to no host: all found, reported in the summary, and removed only with consent."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.mainstay.aws.plugins.module_utils.aws.connection import Aws
from ansible_collections.mainstay.aws.plugins.module_utils.aws.owner import Owner
from ansible_collections.mainstay.aws.plugins.module_utils.component.unclaimed import look
from rehearsal.testing import Cloud
from tests.runs import plain_settings, run_playbook

from .play import ROOT, environment, play, task
from .support import ACCOUNT, REGION, Requests, Site, network


def looked(cloud: Cloud, *claimed: str) -> list[dict[str, str]]:
    aws = Aws(lambda service: cloud.client(service, "plan"), Owner("prod", ""))
    try:
        return look(aws, claimed, ACCOUNT)
    finally:
        aws.close()


def test_everything_of_an_unclaimed_component_is_found(cloud: Cloud) -> None:
    """Of every kind in a network; other components and environments are not named."""
    legacy = Site(cloud, component="legacy")
    legacy.apply(legacy.desired(main=network()))
    Site(cloud, environment="staging").apply([])
    found = looked(cloud, "network")
    assert {(one["component"], one["address"]) for one in found} == {("legacy", address) for address in legacy.ids()}
    ids = legacy.ids()
    assert all(ids[one["address"]] in one["arn"] for one in found)
    assert looked(cloud, "network", "legacy") == []


def test_more_than_a_page_is_found(cloud: Cloud, requests: Requests) -> None:
    ec2 = cloud.client("ec2")
    tags = [{"Key": key, "Value": value} for key, value in Owner("prod", "many").tags("elastic_ip.x").items()]
    for _number in range(120):
        ec2.allocate_address(Domain="vpc", TagSpecifications=[{"ResourceType": "elastic-ip", "Tags": tags}])
    assert len(looked(cloud)) == 120
    assert len([one for one in requests.reads() if one.endswith(":GetResources")]) == 2


def test_what_is_on_its_way_out_is_not_named(cloud: Cloud) -> None:
    legacy = Site(cloud, component="legacy")
    legacy.apply(legacy.desired(main=network()))
    legacy.destroy()
    assert looked(cloud) == []


def test_the_whole_way(cloud: Cloud, tmp_path: Path) -> None:
    """Named, planned, refused while it is claimed, removed, gone."""
    legacy = Site(cloud, component="legacy")
    legacy.apply(legacy.desired(main=network()))
    ours = Site(cloud)
    ours.apply(ours.desired(main=network()))
    before = ours.ids()
    quickly = {"poll_interval": 0.05, "settle_seconds": 0.5}
    tasks = [
        task({"claimed": ["network"]}, module="platform_unclaimed_info"),
        task({"claimed": ["network"], "expected_account_id": "111122223333"}, module="platform_unclaimed_info"),
        task({"claimed": ["network", "legacy"], "component": "legacy", **quickly}, module="platform_unclaimed"),
        task({"claimed": ["network"], "component": "legacy", **quickly}, check=True, module="platform_unclaimed"),
        task({"claimed": ["network"], "component": "legacy", **quickly}, module="platform_unclaimed"),
        task({"claimed": ["network"]}, module="platform_unclaimed_info"),
    ]
    found, elsewhere, refused, planned, removed, after = play(tmp_path, environment(cloud), tasks)
    assert {one["component"] for one in found["unclaimed"]["resources"]} == {"legacy"}
    assert elsewhere["unclaimed"]["reason"] == f"the credentials belong to account {ACCOUNT}, not to 111122223333"
    assert refused["failed"]
    assert "component is legacy, which a host of the inventory claims" in refused["msg"]
    assert planned["plan"]["counts"]["delete"] == removed["plan"]["counts"]["delete"] == len(found["unclaimed"]["resources"])
    assert after["unclaimed"]["resources"] == []
    assert ours.ids() == before


@pytest.fixture
def inventory(tmp_path: Path) -> Path:
    """One network, in the account of the tests."""
    small = {"cidr": "10.0.0.0/16", "availability_zones": [f"{REGION}a"], "nat": "none", "endpoints": {"interface": []}}
    variables = {
        "ansible_connection": "local",
        "ansible_python_interpreter": sys.executable,
        "platform_environment": "prod",
        "platform_region": REGION,
        "platform_account_id": ACCOUNT,
        "vpc_networks": {"main": small},
    }
    path = tmp_path / "hosts.json"
    path.write_text(json.dumps({"vpc": {"hosts": {"network": None}, "vars": variables}}))
    return path


def summary(cloud: Cloud, inventory: Path, *arguments: str) -> dict[str, Any]:
    """The summary of a run of site.yml."""
    shown = inventory.parent / "summary.json"
    variables = {**environment(cloud), "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"), "MAINSTAY_PLAN_SUMMARY_JSON_PATH": str(shown)}
    variables |= {"PATH": "/usr/bin:/bin", "HOME": plain_settings()["HOME"], "LANG": "C.UTF-8", "AWS_EC2_METADATA_DISABLED": "true"}
    done = run_playbook(["site.yml", "-i", str(inventory), *arguments], variables, ROOT, timeout=180)
    assert done.returncode == 0, done.stdout + done.stderr
    found: dict[str, Any] = json.loads(shown.read_text())
    return found


def test_every_full_run_lists_unclaimed_resources(cloud: Cloud, inventory: Path) -> None:
    legacy = Site(cloud, component="legacy")
    legacy.apply([resource for resource in legacy.desired(main=network(nat="none")) if resource.kind == "vpc"])
    (strays,) = summary(cloud, inventory, "--check")["unclaimed"]
    assert (strays["looked"], [one["address"] for one in strays["resources"]]) == (True, ["vpc.main"])
    for limited in (["--limit", "network"], ["--tags", "vpc"], ["--skip-tags", "other"]):
        assert summary(cloud, inventory, "--check", *limited)["unclaimed"] == []
    (strays,) = summary(cloud, inventory, "--check", "-e", "platform_component=legacy", "-e", "platform_purge=[]")["unclaimed"]
    assert strays["resources"] == []
