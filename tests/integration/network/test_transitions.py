# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Resources that take time, that fail during creation, and that the next run finds half-created."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.waiting import Patience

from .describe import described
from .support import EVERYTHING, REGION, Requests, Site, network, shown, summary

A, B = f"{REGION}a", f"{REGION}b"
NAT = f"nat_gateway.main/{A}"
SLOW = {"nat_gateway": 0.6, "vpc_endpoint": 0.6, "vpc": 0.2, "subnet": 0.2}
FOREVER: dict[str, Any] = {"state": "pending"}
IMPATIENT = Patience(poll=0.02, settle=0.1, timeout=0.3)
NO_ADDRESSES = {
    "FailureCode": "InsufficientFreeAddressesInSubnet",
    "FailureMessage": "Subnet has insufficient free addresses to create this NAT gateway",
}


def script(site: Site, kind: str, address: str, *states: dict[str, Any]) -> None:
    site.cloud.admin.script(kind, {"tag": {"mainstay:address": address}}, states)


def outcomes(plan: dict[str, Any]) -> dict[str, str]:
    return {action["address"]: action["outcome"] for action in plan["actions"]}


def test_run_waits_and_finishes(site: Site) -> None:
    site.cloud.admin.settings(transition_seconds=SLOW)
    desired = site.desired(main=network())
    site.apply(desired)
    states = {one["State"] for one in site.cloud.client("ec2").describe_nat_gateways()["NatGateways"]}
    assert states == {"available"}
    assert {one["State"] for one in site.cloud.client("ec2").describe_vpc_endpoints()["VpcEndpoints"]} == {"available"}
    assert summary(site.plan(desired)) == {}
    site.destroy()
    assert described(site.cloud) == {}


def test_unchanged_run_does_not_wait_for_what_is_ready(site: Site) -> None:
    site.apply(site.desired(main=network()))
    requests = Requests(site.cloud)
    site.apply(site.desired(main=network()))
    looks = [call for call in requests.reads() if call == "ec2:DescribeNatGateways"]
    assert len(looks) == 1


def test_gateway_that_fails(site: Site) -> None:
    """Everything that does not need it is completed; the next run replaces it without consent."""
    desired = site.desired(main=network())
    script(site, "nat_gateway", NAT, {"state": "pending", "seconds": 0.1}, {"state": "failed", "fields": NO_ADDRESSES})
    result = site.try_apply(desired)
    (failure,) = result.failures
    assert failure.address == NAT
    assert failure.message == ": ".join(NO_ADDRESSES.values())
    assert "Run again" in failure.hint
    plan = shown(result)
    unfinished = {address: outcome for address, outcome in outcomes(plan).items() if outcome != "done"}
    assert unfinished.keys() == {NAT, f"route_table.main/private-{A}"}
    assert unfinished[NAT] == "failed"
    table = next(action for action in plan["actions"] if action["address"] == f"route_table.main/private-{A}")
    assert table["because"] == NAT

    broken = site.ids()[NAT]
    site.cloud.admin.clear_scripts()
    site.cloud.admin.script("nat_gateway", {"id": broken}, [{"state": "failed", "fields": NO_ADDRESSES}])
    action = site.plan(desired).of(NAT)
    assert action is not None
    assert (action.verb, action.consent) == ("replace", True)
    assert NO_ADDRESSES["FailureMessage"] in action.reason
    site.apply(desired)
    assert site.ids()[NAT] != broken
    assert summary(site.plan(desired)) == {}


def test_endpoint_that_fails(site: Site) -> None:
    desired = site.desired(main=network())
    script(site, "vpc_endpoint", "vpc_endpoint.main/sts", {"state": "pending", "seconds": 0.1}, {"state": "failed"})
    result = site.try_apply(desired)
    assert [failure.address for failure in result.failures] == ["vpc_endpoint.main/sts"]
    assert {address for address, outcome in outcomes(shown(result)).items() if outcome != "done"} == {"vpc_endpoint.main/sts"}
    broken = site.ids()["vpc_endpoint.main/sts"]
    site.cloud.admin.clear_scripts()
    site.cloud.admin.script("vpc_endpoint", {"id": broken}, [{"state": "failed"}])
    assert summary(site.plan(desired)) == {"vpc_endpoint.main/sts": "replace"}
    site.apply(desired)
    assert summary(site.plan(desired)) == {}


def test_endpoint_that_is_born_failed(site: Site) -> None:
    script(
        site, "vpc_endpoint", "vpc_endpoint.main/sts", {"state": "failed", "fields": {"LastError": {"Code": "NoQuota", "Message": "no"}}}
    )
    result = site.try_apply(site.desired(main=network()))
    assert [(failure.address, failure.message) for failure in result.failures] == [("vpc_endpoint.main/sts", "NoQuota: no")]
    assert outcomes(shown(result))["vpc_endpoint.main/sts"] == "failed"


@pytest.mark.parametrize(("kind", "address"), [("nat_gateway", NAT), ("vpc_endpoint", "vpc_endpoint.main/sts")])
def test_patience_ends(site: Site, kind: str, address: str) -> None:
    """The error names what is not ready; the next run continues with the same resource."""
    desired = site.desired(main=network())
    script(site, kind, address, FOREVER)
    result = site.try_apply(desired, patience=IMPATIENT)
    (failure,) = result.failures
    assert failure.address == address
    assert "was not ready within 0.3 s" in failure.message
    assert "run again" in failure.hint
    slow = site.ids()[address]
    assert outcomes(shown(result))[address] == "failed"

    site.cloud.admin.clear_scripts()
    site.apply(desired)
    assert site.ids()[address] == slow
    assert summary(site.plan(desired)) == {}


def test_pending_resource_is_waited_for_although_nothing_changes(site: Site) -> None:
    """A run that finds everything created but something still pending does not report success."""
    desired = site.desired(main=network())
    site.apply(desired)
    script(site, "nat_gateway", NAT, FOREVER)
    result = site.try_apply(desired, patience=IMPATIENT)
    assert [failure.address for failure in result.failures] == [NAT]


def test_gateway_found_on_its_way_out(site: Site) -> None:
    desired = site.desired(main=network())
    old = site.apply(desired)
    site.cloud.admin.settings(transition_seconds={"nat_gateway": 0.5})
    identifier = next(seen.id for seen in old.final if seen.address == NAT)
    site.cloud.client("ec2").delete_nat_gateway(NatGatewayId=identifier)
    plan = site.plan(desired)
    assert summary(plan) == {NAT: "create", f"route_table.main/private-{A}": "update"}
    site.apply(desired)
    made = described(site.cloud)
    assert made[f"route_table.main/private-{A}"]["routes"] == {"0.0.0.0/0": made[NAT]["id"]}
    assert made[NAT]["id"] != identifier


def test_destruction_finds_things_on_their_way_out(site: Site) -> None:
    site.apply(site.desired(main=network()))
    site.cloud.admin.settings(transition_seconds={"nat_gateway": 0.4, "vpc_endpoint": 0.4})
    ids = site.ids()
    site.cloud.client("ec2").delete_nat_gateway(NatGatewayId=ids[NAT])
    site.cloud.client("ec2").delete_vpc_endpoints(VpcEndpointIds=[ids["vpc_endpoint.main/sts"]])
    site.apply([], purge=EVERYTHING)
    assert described(site.cloud) == {}


def test_deletion_that_never_ends(site: Site) -> None:
    """Its dependencies are not attempted; everything else is deleted."""
    site.apply(site.desired(main=network()))
    site.cloud.admin.settings(transition_seconds={"nat_gateway": 3600})
    result = site.try_apply([], purge=EVERYTHING, patience=IMPATIENT)
    assert {failure.address for failure in result.failures} == {NAT, f"nat_gateway.main/{B}"}
    left = {address.split(".")[0] for address in site.ids()}
    assert left - {"default_security_group"} == {"vpc", "subnet", "internet_gateway", "elastic_ip", "nat_gateway"}
