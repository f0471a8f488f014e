# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The life cycle of a network through the modules, as ansible-playbook runs them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ansible_collections.mainstay.aws.plugins.module_utils.component.names import UNBOUNDED
from rehearsal.testing import Cloud

from .describe import as_planned, described
from .play import environment, play, task
from .support import REGION, Requests, network

BEHIND_CLOUDFRONT = {"load_balancer_ingress_prefix_lists": ["cloudfront"]}
COMPONENT = {
    "main": network(),
    "data": network(cidr="10.1.0.0/16", nat="none", endpoints={"interface": []}, security=BEHIND_CLOUDFRONT),
}
PRESENT = {"networks": COMPONENT, "tags": {"owner": "platform"}}
CHANGED = {**PRESENT, "networks": {**COMPONENT, "main": network(flow_logs={"retention_in_days": 30})}}


def shape(value: Any) -> Any:
    """A value without its leaves."""
    if isinstance(value, dict):
        return {key: shape(item) for key, item in value.items()}
    return [shape(item) for item in value] if isinstance(value, list) else "leaf"


def test_plan_with_credentials_that_may_only_read(cloud: Cloud, tmp_path: Path) -> None:
    requests = Requests(cloud)
    planned, refused = play(tmp_path, environment(cloud, "plan"), [task(PRESENT, check=True), task(PRESENT)])
    assert planned["changed"]
    assert planned["plan"]["counts"]["create"] == len(planned["plan"]["actions"]) == len(planned["diff"])
    assert planned["plan"]["target"]["region"] == REGION
    changes = [record for record in requests.all() if record["mutating"]]
    assert all(record["error_code"] for record in changes), "something was changed with credentials that may only read"
    assert described(cloud) == {}
    assert refused["failed"]
    assert "The credentials need ssm:PutParameter." in refused["msg"]
    assert shape(refused["outputs"]) == shape(planned["outputs"])


def test_a_life(cloud: Cloud, tmp_path: Path) -> None:
    planned, made, again, changing, found, gone, nothing = play(
        tmp_path,
        environment(cloud),
        [
            task(PRESENT, check=True),
            task(PRESENT),
            task(PRESENT),
            task(CHANGED, check=True),
            task({}, module="vpc_network_info"),
            task({"state": "absent"}),
            task({}, module="vpc_network_info"),
        ],
    )
    assert [one["msg"] for one in (planned, made, again, changing, found, gone, nothing) if one.get("failed")] == []
    assert [one["changed"] for one in (planned, made, again, changing, found, gone)] == [True, True, False, True, False, True]

    assert [action["address"] for action in made["plan"]["actions"]] == [action["address"] for action in planned["plan"]["actions"]]
    assert {action["outcome"] for action in planned["plan"]["actions"]} == {"planned"}
    assert {action["outcome"] for action in made["plan"]["actions"]} == {"done"}
    assert shape(made["plan"]["counts"]) == shape(planned["plan"]["counts"])
    assert as_planned(planned["outputs"], made["outputs"])

    assert again["plan"]["actions"] == again["diff"] == []
    assert again["plan"]["api_calls"]["write"] == 0
    assert again["outputs"] == made["outputs"] == found["outputs"]

    (action,) = changing["plan"]["actions"]
    assert (action["address"], action["action"]) == ("log_group.main/flow-logs", "update")
    assert [(c["property"], c["before"], c["after"]) for c in action["changes"]] == [("retention_in_days", 365, 30)]
    (diff,) = changing["diff"]
    assert (diff["before"], diff["after"]) == ({"retention_in_days": 365}, {"retention_in_days": 30})

    assert gone["plan"]["counts"]["delete"] == made["plan"]["counts"]["create"]
    assert described(cloud) == {}
    assert nothing["outputs"]["networks"] == {}


def test_consent_through_the_module(cloud: Cloud, tmp_path: Path) -> None:
    fewer = {**PRESENT, "networks": {"main": network(flow_logs={"traffic_type": "REJECT"})}}
    made, refused, allowed = play(
        tmp_path,
        environment(cloud),
        [
            task({**PRESENT, "networks": {"main": network()}}),
            task(fewer),
            task({**fewer, "allow_replace": ["flow_log.main"]}),
        ],
    )
    assert made["changed"]
    assert refused["failed"]
    assert not refused["changed"]
    assert "need consent in platform_allow_replace (option allow_replace): network:flow_log.main" in refused["msg"]
    assert refused["plan"]["api_calls"]["write"] == 0
    assert allowed["changed"]
    assert allowed["plan"]["counts"]["replace"] == 1


def test_a_production_plan_without_a_boundary_warns(cloud: Cloud, tmp_path: Path) -> None:
    bound = {**PRESENT, "permissions_boundary": "arn:aws:iam::aws:policy/PowerUserAccess"}
    results = play(
        tmp_path,
        environment(cloud, "plan"),
        [task(PRESENT, check=True), task(bound, check=True), task({**PRESENT, "environment": "dev"}, check=True)],
    )
    assert [one.get("warnings", []) for one in results] == [[UNBOUNDED], [], []]
