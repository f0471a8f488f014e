# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The pure parts of the kinds for EKS, launch templates, and scaling."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.mainstay.aws.plugins.module_utils.domains.eks.kinds.access_entry import access_policies, scopes
from ansible_collections.mainstay.aws.plugins.module_utils.domains.eks.kinds.addon import document
from ansible_collections.mainstay.aws.plugins.module_utils.domains.eks.kinds.cluster import cidrs, logging
from ansible_collections.mainstay.aws.plugins.module_utils.domains.eks.kinds.fargate_profile import canonical_selectors
from ansible_collections.mainstay.aws.plugins.module_utils.domains.eks.kinds.launch_template import (
    canonical_data,
    decoded,
    encoded,
    unless_only_tags,
)
from ansible_collections.mainstay.aws.plugins.module_utils.domains.eks.kinds.limits import vcpus_of_group, vcpus_of_size
from ansible_collections.mainstay.aws.plugins.module_utils.domains.eks.kinds.nodegroup import (
    canonical_taints,
    label_changes,
    taint_changes,
    within,
)
from ansible_collections.mainstay.aws.plugins.module_utils.domains.eks.kinds.oidc_provider import plain_url
from ansible_collections.mainstay.aws.plugins.module_utils.domains.eks.kinds.scaling import canonical_schedules, schedules_of, target_of

TAINT = {"key": "gpu", "value": "yes", "effect": "NO_SCHEDULE"}
OTHER = {"key": "gpu", "value": "no", "effect": "NO_SCHEDULE"}


@pytest.mark.parametrize(("size", "low", "high", "expected"), [(2, 1, 3, 2), (2, 3, 5, 3), (7, 1, 3, 3), (0, 0, 0, 0)])
def test_within(size: int, low: int, high: int, expected: int) -> None:
    assert within(size, low, high) == expected


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ({}, {}, {}),
        ({"a": "1"}, {"a": "1"}, {}),
        ({"a": "1"}, {"a": "2", "b": "3"}, {"addOrUpdateLabels": {"a": "2", "b": "3"}}),
        ({"a": "1", "b": "2"}, {}, {"removeLabels": ["a", "b"]}),
    ],
)
def test_labels(old: dict[str, str], new: dict[str, str], expected: dict[str, Any]) -> None:
    assert label_changes(old, new) == expected


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ([], [TAINT], {"addOrUpdateTaints": [TAINT]}),
        ([TAINT], [OTHER], {"addOrUpdateTaints": [OTHER]}),
        ([TAINT], [], {"removeTaints": [TAINT]}),
        ([TAINT], [TAINT], {}),
    ],
)
def test_taints(old: list[dict[str, str]], new: list[dict[str, str]], expected: dict[str, Any]) -> None:
    assert taint_changes(old, new) == expected


def test_forms_in_which_things_are_compared() -> None:
    assert canonical_taints([{"key": "b", "effect": "X", "value": ""}, TAINT]) == [{"key": "b", "effect": "X"}, TAINT]
    assert canonical_selectors([{"namespace": "b", "labels": {}}, {"namespace": "a", "labels": {"x": "1"}}]) == [
        {"namespace": "a", "labels": {"x": "1"}},
        {"namespace": "b"},
    ]
    assert canonical_schedules({"day": {"recurrence": "0 8 * * *", "min_size": 0, "max_size": None}}) == {
        "day": {"recurrence": "0 8 * * *", "time_zone": "UTC", "min_size": 0}
    }
    assert scopes({"B": ["y", "x"], "A": "cluster"}) == {"A": "cluster", "B": ["x", "y"]}
    assert plain_url("https://oidc.example/id/1") == plain_url("oidc.example/id/1")


@pytest.mark.parametrize(
    ("text", "expected"),
    [(None, None), ("", None), ("{}", None), ('{"a": 1}', {"a": 1}), ("a: 1", "a: 1")],
)
def test_configuration_of_an_addon(text: str | None, expected: Any) -> None:
    assert document(text) == expected


@pytest.mark.parametrize(
    ("desired", "observed", "expected"),
    [
        (["198.51.100.0/24"], ["0.0.0.0/0"], ["198.51.100.0/24"]),
        ([], ["0.0.0.0/0"], ["0.0.0.0/0"]),
        ([], None, []),
    ],
)
def test_a_list_of_ranges_cannot_be_emptied(desired: list[str], observed: list[str] | None, expected: list[str]) -> None:
    assert cidrs(desired, observed) == expected


@pytest.mark.parametrize(
    "types", [[], ["api"], ["scheduler", "audit"], ["api", "audit", "authenticator", "controllerManager", "scheduler"]]
)
def test_every_type_of_log_is_named_once(types: list[str]) -> None:
    """A type that a call does not name is unchanged."""
    reported = logging(types)["clusterLogging"]
    assert sorted(kind for entry in reported for kind in entry["types"]) == [
        "api",
        "audit",
        "authenticator",
        "controllerManager",
        "scheduler",
    ]
    assert sorted(kind for entry in reported if entry["enabled"] for kind in entry["types"]) == sorted(types)


def test_access_policies_as_aws_returns_them() -> None:
    prefix = "arn:aws:eks::aws:cluster-access-policy/"
    reported = [
        {"policyArn": f"{prefix}AmazonEKSViewPolicy", "accessScope": {"type": "cluster", "namespaces": []}},
        {"policyArn": f"{prefix}AmazonEKSEditPolicy", "accessScope": {"type": "namespace", "namespaces": ["web"]}},
    ]
    assert access_policies(reported) == {"AmazonEKSViewPolicy": "cluster", "AmazonEKSEditPolicy": ["web"]}


def test_only_our_own_scaling_is_looked_at() -> None:
    def policy(group: str, name: str, target: float) -> dict[str, Any]:
        return {"AutoScalingGroupName": group, "PolicyName": name, "TargetTrackingConfiguration": {"TargetValue": target}}

    policies = [policy("a", "theirs", 10), policy("b", "mainstay-cpu", 20), policy("a", "mainstay-cpu", 70)]
    assert (target_of(policies, "a"), target_of(policies, "c"), target_of(policies, None)) == (70.0, None, None)
    actions = [
        {"AutoScalingGroupName": "a", "ScheduledActionName": "mainstay-day", "Recurrence": "0 8 * * *", "MinSize": 0},
        {"AutoScalingGroupName": "a", "ScheduledActionName": "theirs", "MinSize": 1},
        {"AutoScalingGroupName": "b", "ScheduledActionName": "mainstay-day", "MinSize": 1},
    ]
    assert schedules_of(actions, "a") == {"day": {"recurrence": "0 8 * * *", "min_size": 0}}


def test_data_of_a_template() -> None:
    """AWS returns more than was requested, and tags in its own order."""
    asked = {
        "MetadataOptions": {"HttpTokens": "required"},
        "SecurityGroupIds": ["sg-2", "sg-1"],
        "KeyName": None,
        "TagSpecifications": [{"ResourceType": "instance", "Tags": [{"Key": "b", "Value": "2"}, {"Key": "a", "Value": "1"}]}],
    }
    reported = {
        "MetadataOptions": {"HttpTokens": "required", "State": "pending"},
        "SecurityGroupIds": ["sg-2", "sg-1"],
        "BlockDeviceMappings": [],
        "TagSpecifications": [{"ResourceType": "instance", "Tags": [{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}]}],
    }
    assert canonical_data(asked) == canonical_data(reported)
    assert canonical_data(canonical_data(reported)) == canonical_data(reported)
    assert canonical_data({**reported, "KeyName": "mine"}) != canonical_data(asked)


def test_tags_alone_are_no_reason_for_another_version() -> None:
    """Another template version would replace all nodes of its group."""
    tagged = {"KeyName": "mine", "TagSpecifications": [{"ResourceType": "instance", "Tags": [{"Key": "a", "Value": "1"}]}]}
    retagged = {**tagged, "TagSpecifications": [{"ResourceType": "instance", "Tags": [{"Key": "a", "Value": "2"}]}]}
    assert unless_only_tags(retagged, tagged) == tagged
    assert unless_only_tags({**retagged, "KeyName": "other"}, tagged) == {**retagged, "KeyName": "other"}
    assert unless_only_tags(retagged, None) == retagged


@pytest.mark.parametrize(
    ("plain", "in_ec2"),
    [
        ({}, {}),
        ({"UserData": "#!/bin/sh\n"}, {"UserData": "IyEvYmluL3NoCg=="}),
        ({"UserData": "é"}, {"UserData": "w6k="}),
    ],
)
def test_user_data_is_text_in_plans(plain: dict[str, Any], in_ec2: dict[str, Any]) -> None:
    assert (encoded(plain), decoded(in_ec2)) == (in_ec2, plain)


@pytest.mark.parametrize("text", ["not base64!", "/////w=="])
def test_user_data_that_is_no_text_stays_as_it_is(text: str) -> None:
    assert decoded({"UserData": text}) == {"UserData": text}


@pytest.mark.parametrize(
    ("instance_type", "expected"),
    [("t3.micro", 1), ("m7g.medium", 1), ("m6i.large", 2), ("m6i.xlarge", 4), ("c7g.16xlarge", 64), ("m5.metal", 0)],
)
def test_vcpus_of_a_size_are_never_overstated(instance_type: str, expected: int) -> None:
    assert vcpus_of_size(instance_type) == expected


@pytest.mark.parametrize(
    ("properties", "expected"),
    [
        ({"instance_types": ["m6i.xlarge"], "desired_size": 3, "min_size": 2}, 12),
        ({"instance_types": ["m6i.xlarge", "m6i.large"], "min_size": 2}, 4),
        ({"instance_types": ["m6i.xlarge"], "desired_size": 3, "capacity_type": "SPOT"}, 0),
        ({"instance_types": ["g5.xlarge"], "desired_size": 3}, 0),
        ({"instance_types": ["m6i.large"], "min_size": 0}, 0),
        ({"min_size": 2}, 0),
    ],
)
def test_vcpus_of_a_new_group(properties: dict[str, Any], expected: int) -> None:
    assert vcpus_of_group(properties) == expected
