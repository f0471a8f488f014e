# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What blocks deletion of a VPC or a subnet, decided from AWS's descriptions."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.mainstay.aws.plugins.module_utils.domains.network.occupants import CODE, Inside, occupants, refusals, removed
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.errors import CallFailed
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.model import Observed
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.planner import Action, Plan


def seen(address: str, identity: str, state: Any = "ready") -> Observed:
    return Observed(address.partition(".")[0], address, identity, state=state)


def going(address: str, identity: str, verb: Any = "delete", consent: bool = True, state: Any = "ready") -> Action:
    return Action(verb, address, address.partition(".")[0], remove=seen(address, identity, state), consent=consent)


@pytest.mark.parametrize(
    ("action", "counts"),
    [
        (going("vpc.main", "vpc-1"), True),
        (going("vpc.main", "vpc-1", consent=False), False),
        (going("vpc.main", "vpc-1", "replace"), True),
        (going("vpc.main", "vpc-1", "replace", consent=False), True),
        (going("vpc.main", "vpc-1", state="deleting"), False),
        (going("vpc.main", "vpc-1", "create", state="deleting"), False),
        (going("route_table.main/a", "rtb-1"), False),
    ],
)
def test_what_counts_as_removed(action: Action, counts: bool) -> None:
    found = removed(Plan((action,)))
    assert bool(found.vpcs) is counts
    assert found.subnets == {}


CLUSTER = {"name": "prod-main", "resourcesVpcConfig": {"vpcId": "vpc-1", "subnetIds": ["subnet-1", "subnet-2"]}}


def interface(subnet: str, text: str = "", **more: Any) -> dict[str, Any]:
    return {"NetworkInterfaceId": "eni-1", "SubnetId": subnet, "Description": text, **more}


SUBNETS = [{"SubnetId": "subnet-1", "VpcId": "vpc-1"}, {"SubnetId": "subnet-8", "VpcId": "vpc-8"}]


@pytest.mark.parametrize(
    ("actions", "clusters", "interfaces", "expected"),
    [
        ([going("vpc.old", "vpc-8")], [], [], {"vpc.old": ["subnet subnet-8, which is not of this component"]}),
        (
            [going("vpc.main", "vpc-1")],
            [],
            [interface("subnet-9", "RDSNetworkInterface", VpcId="vpc-1")],
            {"vpc.main": ["network interface eni-1 (RDSNetworkInterface)"]},
        ),
        (
            [going("security_group.main/batch", "sg-1")],
            [],
            [interface("subnet-9", Groups=[{"GroupId": "sg-1"}], Attachment={"InstanceId": "i-1"}), interface("subnet-9")],
            {"security_group.main/batch": ["EC2 instance i-1"]},
        ),
        ([going("vpc.main", "vpc-1")], [CLUSTER], [], {"vpc.main": ["EKS cluster prod-main"]}),
        ([going("vpc.main", "vpc-2")], [CLUSTER], [], {}),
        ([going("subnet.main/a", "subnet-1")], [CLUSTER], [], {"subnet.main/a": ["EKS cluster prod-main"]}),
        ([going("subnet.main/c", "subnet-3")], [CLUSTER], [], {}),
        (
            [going("subnet.main/a", "subnet-1")],
            [CLUSTER],
            [interface("subnet-1", "Amazon EKS prod-main")],
            {"subnet.main/a": ["EKS cluster prod-main"]},
        ),
        (
            [going("subnet.main/c", "subnet-3")],
            [CLUSTER],
            [interface("subnet-3", Attachment={"InstanceId": "i-1"})],
            {"subnet.main/c": ["EC2 instance i-1"]},
        ),
        (
            [going("subnet.main/c", "subnet-3")],
            [],
            [interface("subnet-3", "ELB app/web/1"), interface("subnet-9", "ELB app/other/1")],
            {"subnet.main/c": ["network interface eni-1 (ELB app/web/1)"]},
        ),
        ([going("subnet.main/c", "subnet-3")], [], [interface("subnet-3", "Interface for NAT Gateway nat-1")], {}),
        ([going("subnet.main/c", "subnet-3")], [], [interface("subnet-3", "VPC Endpoint Interface vpce-1")], {}),
        (
            [going("subnet.main/c", "subnet-3")],
            [],
            [interface("subnet-3", "Interface for NAT Gateway nat-12")],
            {"subnet.main/c": ["network interface eni-1 (Interface for NAT Gateway nat-12)"]},
        ),
    ],
)
def test_who_is_in_it(actions: list[Action], clusters: list[Any], interfaces: list[Any], expected: dict[str, list[str]]) -> None:
    ours = [seen("nat_gateway.main/a", "nat-1"), seen("vpc_endpoint.main/s3", "vpce-1"), seen("subnet.main/a", "subnet-1")]
    assert occupants(removed(Plan(tuple(actions))), Inside(clusters, interfaces, SUBNETS), ours) == expected


class Account:
    """Answers like a connection, and counts the calls."""

    def __init__(self, denied: bool = False) -> None:
        self.denied = denied
        self.asked: list[str] = []

    def list_all(self, _service: str, operation: str, _items: str, **_params: Any) -> list[Any]:
        self.asked.append(operation)
        if self.denied:
            raise CallFailed("not authorized", "eks:ListClusters", "AccessDenied")
        return ["prod-main"] if operation == "list_clusters" else []

    def find(self, _service: str, _operation: str, **_params: Any) -> Any:
        return {"cluster": CLUSTER}

    def map(self, function: Any, values: Any) -> list[Any]:
        return [function(value) for value in values]


def test_nothing_is_read_if_nothing_is_deleted() -> None:
    account = Account()
    assert refusals(Plan((going("nat_gateway.main/a", "nat-1"),)), account) == []  # type: ignore[arg-type]
    assert account.asked == []


def test_a_cluster_refuses_and_so_does_a_read_that_is_denied() -> None:
    plan = Plan((going("vpc.main", "vpc-1", "replace"),))
    (found,) = refusals(plan, Account())  # type: ignore[arg-type]
    assert (found.address, found.code, found.message) == ("vpc.main", CODE, "it is in use: EKS cluster prod-main")
    (denied,) = refusals(plan, Account(denied=True))  # type: ignore[arg-type]
    assert (denied.code, denied.operation) == ("NetworkNotChecked", "eks:ListClusters")
