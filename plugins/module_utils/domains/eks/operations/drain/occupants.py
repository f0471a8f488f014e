# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What the module vpc_occupants_info runs: which clusters and DB instances still exist in the VPCs of a component."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, NoReturn

from .....aws.connection import Aws
from .....aws.owner import TAG_PREFIX
from .....aws.tags import tag_dict
from .....component.connect import check_options, connect, fail, identify
from .....kinds.clusters import clusters_there
from .....kinds.databases import databases_there
from .....reconcile.errors import CallFailed, failure
from .run import vpc_of

SERVICES = ("sts", "ec2", "eks", "rds")
"""The services that every run calls; their service models are loaded once, before the workers start."""

CLUSTER, DATABASE = "eks_cluster", "db_instance"
WORDS = {CLUSTER: "EKS cluster", DATABASE: "RDS instance"}


def run(module: Any) -> NoReturn:
    """Return what is in the component's VPCs; changes nothing."""
    check_options(module)
    aws, _endpoint, _region = connect(module)
    try:
        identify(module, aws)
        found = look(aws)
    except CallFailed as error:
        fail(module, [failure("", error)], "The clusters and databases in the network could not be read.")
    module.exit_json(changed=False, occupants=found, remaining=remaining(found, aws.owner.environment, module.params["leaving"]))
    raise AssertionError("exit_json does not return")


def look(aws: Aws) -> list[dict[str, str]]:
    """What is in the VPCs that carry the mark of the connection's component. Without a VPC, nothing else is read."""
    vpcs = {str(vpc["VpcId"]) for vpc in aws.list_all("ec2", "describe_vpcs", "Vpcs", Filters=aws.owner.filters())}
    return occupants(vpcs, clusters_there(aws), databases_there(aws)) if vpcs else []


def occupants(
    vpcs: Collection[str], clusters: Sequence[Mapping[str, Any]], databases: Sequence[Mapping[str, Any]] = ()
) -> list[dict[str, str]]:
    """[{kind, name, environment, component, vpc_id}] of what is in these VPCs; the owner is empty if there is no mark."""
    there = [_entry(CLUSTER, str(one["name"]), one.get("tags") or {}, vpc_of(one)) for one in clusters]
    for one in databases:
        place = str((one.get("DBSubnetGroup") or {}).get("VpcId") or "")
        there.append(_entry(DATABASE, str(one["DBInstanceIdentifier"]), tag_dict(one.get("TagList")), place))
    return sorted((one for one in there if one["vpc_id"] in vpcs), key=lambda one: (WORDS[one["kind"]], one["name"]))


def _entry(kind: str, name: str, tags: Mapping[str, str], vpc_id: str) -> dict[str, str]:
    owner = {part: str(tags.get(f"{TAG_PREFIX}{part}", "")) for part in ("environment", "component")}
    return {"kind": kind, "name": name, **owner, "vpc_id": vpc_id}


def remaining(found: Sequence[Mapping[str, str]], environment: str, leaving: Collection[str]) -> list[str]:
    """One sentence for each cluster and DB instance that does not belong to one of our components being removed."""
    return [
        f"{WORDS[one['kind']]} {one['name']} {_whose(one)} is still in {one['vpc_id']}."
        for one in found
        if one["environment"] != environment or one["component"] not in leaving
    ]


def _whose(one: Mapping[str, str]) -> str:
    return f"of {one['environment']}/{one['component']}" if one["environment"] else "with no owner mark"
