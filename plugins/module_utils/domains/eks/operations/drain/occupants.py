# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What the module vpc_occupants_info runs: which clusters still exist in the VPCs of a component."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, NoReturn

from .....aws.connection import Aws
from .....aws.owner import TAG_PREFIX
from .....component.connect import check_options, connect, fail, identify
from .....kinds.clusters import clusters_there
from .....reconcile.errors import CallFailed, failure
from .run import vpc_of

SERVICES = ("sts", "ec2", "eks")
"""The services that every run calls; their service models are loaded once, before the workers start."""


def run(module: Any) -> NoReturn:
    """Return the clusters in the component's VPCs; changes nothing."""
    check_options(module)
    aws, _endpoint, _region = connect(module)
    try:
        identify(module, aws)
        found = look(aws)
    except CallFailed as error:
        fail(module, [failure("", error)], "The clusters in the network could not be read.")
    module.exit_json(changed=False, occupants=found, remaining=remaining(found, aws.owner.environment, module.params["leaving"]))
    raise AssertionError("exit_json does not return")


def look(aws: Aws) -> list[dict[str, str]]:
    """The clusters in the VPCs that carry the mark of the connection's component. Without a VPC, clusters are not read."""
    vpcs = {str(vpc["VpcId"]) for vpc in aws.list_all("ec2", "describe_vpcs", "Vpcs", Filters=aws.owner.filters())}
    return occupants(vpcs, clusters_there(aws) if vpcs else [])


def occupants(vpcs: Collection[str], clusters: Sequence[Mapping[str, Any]]) -> list[dict[str, str]]:
    """[{kind, name, environment, component, vpc_id}] of the clusters in these VPCs; the owner is empty if there is no mark."""
    return [
        {
            "kind": "eks_cluster",
            "name": str(one["name"]),
            "environment": str((one.get("tags") or {}).get(f"{TAG_PREFIX}environment", "")),
            "component": str((one.get("tags") or {}).get(f"{TAG_PREFIX}component", "")),
            "vpc_id": vpc_of(one),
        }
        for one in sorted(clusters, key=lambda one: str(one["name"]))
        if vpc_of(one) in vpcs
    ]


def remaining(found: Sequence[Mapping[str, str]], environment: str, leaving: Collection[str]) -> list[str]:
    """One sentence for each cluster that does not belong to one of our components being removed."""
    return [
        f"EKS cluster {one['name']} {_whose(one)} is still in {one['vpc_id']}."
        for one in found
        if one["environment"] != environment or one["component"] not in leaving
    ]


def _whose(one: Mapping[str, str]) -> str:
    return f"of {one['environment']}/{one['component']}" if one["environment"] else "with no owner mark"
