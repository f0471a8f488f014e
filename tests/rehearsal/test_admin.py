"""The request log, the settings, and reset."""

from __future__ import annotations

import threading
import time
from typing import Any

import pytest

from rehearsal.admin_client import AdminClient, AdminError

from .conftest import ACCOUNT, REGION, CheckedCloud, refused


def test_request_log(cloud: CheckedCloud, ec2: Any) -> None:
    ec2.describe_vpcs()
    refused(ec2.delete_vpc, VpcId="vpc-0123456789abcdef0")
    cloud.client("iam", role="plan").list_roles()
    cloud.client("s3").list_buckets()
    records = cloud.admin.requests()
    shown = [
        (entry["service"], entry["operation"], entry["mutating"], entry["status"], entry["error_code"], entry["role"]) for entry in records
    ]
    assert shown == [
        ("ec2", "DescribeVpcs", False, 200, None, "apply"),
        ("ec2", "DeleteVpc", True, 400, "InvalidVpcID.NotFound", "apply"),
        ("iam", "ListRoles", False, 200, None, "plan"),
        ("s3", "ListBuckets", False, 200, None, "apply"),
    ]
    assert set(records[0]) == {
        "n", "time", "service", "operation", "mutating", "status", "error_code", "access_key_id", "role", "account_id", "region",
        "seconds",
    }  # fmt: skip
    assert (records[0]["account_id"], records[0]["region"]) == (ACCOUNT, REGION)
    assert records[0]["access_key_id"] == cloud.environment()["AWS_ACCESS_KEY_ID"]
    assert cloud.admin.requests(since=records[-2]["n"]) == records[-1:]
    cloud.admin.clear_requests()
    assert cloud.admin.requests() == []
    ec2.describe_vpcs()
    assert cloud.admin.requests()[0]["n"] > records[-1]["n"]


def test_latency_of_parallel_requests_overlaps(cloud: CheckedCloud, ec2: Any) -> None:
    cloud.admin.settings(latency_ms=300)
    began = time.time()
    threads = [threading.Thread(target=ec2.describe_vpcs) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    records = cloud.admin.requests()
    assert all(entry["seconds"] >= 0.3 for entry in records)
    starts = sorted(entry["time"] - entry["seconds"] for entry in records)
    ends = sorted(entry["time"] for entry in records)
    assert len(records) == 8
    assert starts[-1] < ends[0], "all were under way at once"
    assert began <= starts[0]


def test_settings(cloud: CheckedCloud) -> None:
    before = cloud.admin.settings()
    assert before == {
        "latency_ms": 0.0,
        "transition_seconds": {"default": 0.0},
        "visibility_seconds": 0.0,
        "propagation_seconds": 0.0,
        "quotas": {},
        "disabled_regions": [],
        "control_planes": True,
        "databases": True,
        "caches": True,
        "brokers": True,
        "clock_ahead_seconds": 0.0,
        "rds_failing_upgrades": {},
        "restorable_lag_seconds": 0.0,
        "secret_rotation_seconds": 0.0,
        "rds_restored_versions": {},
        "eks_insights": [],
        "eks_failing_updates": {},
        "patience_seconds": {"node_join": 120.0, "pod_eviction": 60.0, "node_drain": 20.0, "load_balancer": 0.0},
        "traffic_seconds": {"registration": 0.3, "propagation": 0.5, "metrics": 60.0},
        "termination_scale": 0.1,
        "leaked_interface_seconds": 0.0,
        "pushed_images": {},
        "sts_hosts": [],
        "receivers": {
            "events.pagerduty.com": "pagerduty",
            "events.eu.pagerduty.com": "pagerduty",
            "hooks.slack.com": "slack",
            "slack.com": "slack",
        },
        "rate_limits": {},
    }
    changed = cloud.admin.settings(latency_ms=5, transition_seconds={"nat_gateway": 2})
    assert changed == before | {"latency_ms": 5.0, "transition_seconds": {"default": 0.0, "nat_gateway": 2.0}}
    assert cloud.admin.settings(quotas={"vpcs": 5}) == changed | {"quotas": {"vpcs": 5}}
    cloud.admin.reset()
    assert cloud.admin.settings() == before


@pytest.mark.parametrize(
    "wrong",
    [
        {"color": 1},
        {"latency_ms": "slow"},
        {"latency_ms": -1},
        {"transition_seconds": 3},
        {"disabled_regions": "x"},
        {"control_planes": "no"},
        {"rate_limits": "azure"},
        {"rate_limits": {"ec2": [0, 1]}},
        {"receivers": {"example.com": "https://example.com"}},
        {"patience_seconds": {"bus": 1}},
        {"patience_seconds": {"node_join": -1}},
        {"leaked_interface_seconds": "long"},
    ],
)
def test_wrong_settings_are_refused(cloud: CheckedCloud, wrong: dict[str, Any]) -> None:
    name = next(iter(wrong))
    with pytest.raises(AdminError, match=name):
        cloud.admin.settings(**wrong)


def test_reset_empties_the_account(cloud: CheckedCloud, ec2: Any) -> None:
    ec2.create_vpc(CidrBlock="10.0.0.0/16")
    cloud.client("kms").create_key()
    cloud.admin.fault("ec2", fault="error")
    cloud.admin.reset()
    assert cloud.admin.requests() == []
    assert cloud.admin.faults() == []
    assert [vpc["IsDefault"] for vpc in ec2.describe_vpcs()["Vpcs"]] == [True]
    assert cloud.client("kms").list_keys()["Keys"] == []


def test_notes_last_until_the_next_reset(cloud: CheckedCloud) -> None:
    cloud.admin.note("a", {"b": [1]})
    cloud.admin.note("c", "d")
    assert cloud.admin.notes() == {"a": {"b": [1]}, "c": "d"}
    cloud.admin.reset()
    assert cloud.admin.notes() == {}


def test_unknown_requests(cloud: CheckedCloud) -> None:
    with pytest.raises(AdminError):
        cloud.admin.request("GET", "/nowhere")


def test_what_moto_lacks_is_said(cloud: CheckedCloud) -> None:
    assert refused(cloud.client("grafana").list_workspaces) == "NotImplemented"


@pytest.mark.parametrize("url", ["http://{}", "http://admin:guessed@{}", "http://admin@{}"])
def test_without_its_token_the_api_does_nothing(cloud: CheckedCloud, ec2: Any, url: str) -> None:
    ec2.create_vpc(CidrBlock="10.0.0.0/16")
    stranger = AdminClient(url.format(cloud.admin.url.rpartition("@")[2]))
    for attempt in (stranger.reset, stranger.requests, stranger.health, lambda: stranger.policies(apply=[])):
        with pytest.raises(AdminError, match="asks for its token"):
            attempt()
    assert len(ec2.describe_vpcs()["Vpcs"]) == 2
