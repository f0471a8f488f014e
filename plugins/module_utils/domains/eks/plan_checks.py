# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What AWS would refuse of a plan, or accept and then fail for half an hour: asked before the first change, and only of what changes.

A plan without changes to node groups, Fargate profiles and add-ons makes no call here.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping

from ...aws.connection import Aws
from ...inputs.json_schema import mistakes
from ...inputs.problems import shown
from ...reconcile.errors import CallFailed, Failure
from ...reconcile.model import is_unknown
from ...reconcile.planner import Action, Plan
from .questions import filtered
from .reach import SECTIONS, Gates, ShutIn, is_listed, obstacle, shut_in
from .settings.cluster import Cluster
from .settings.pod_networking import SECTION
from .settings.releases import image_of, release_of

NOT_ASKED = "could not be checked"
TEMPLATE_VERSION = "launch_template_version"
RENEWING = ("version", "release_version", TEMPLATE_VERSION)
"""The properties of a node group whose change replaces its nodes, one batch after the other."""


def refusals(plan: Plan, aws: Aws, clusters: Mapping[str, Cluster]) -> list[Failure]:
    """Why an apply of this plan must change nothing. ``clusters`` by name."""
    checks: list[Callable[[], list[Failure]]] = []
    for action in plan.permitted:
        cluster = clusters.get(action.address.partition(".")[2].partition("/")[0])
        if cluster is None or action.desired is None or action.verb == "none":
            continue
        if action.kind == "eks_addon" and _sets(action, "configuration", "addon_version"):
            checks.append(lambda a=action, c=cluster: _of_addon(a, c, aws))  # type: ignore[misc]
        if action.kind == "eks_nodegroup" and _sets(action, "release_version"):
            checks.append(lambda a=action, c=cluster: _of_release(a, c, aws))  # type: ignore[misc]
        if action.kind in ("eks_nodegroup", "eks_fargate_profile") and action.makes:
            checks.append(lambda a=action, c=cluster: _of_subnets(a, c, aws))  # type: ignore[misc]
    return [failure for found in aws.map(lambda check: check(), checks) for failure in found]


def renewal_notes(plan: Plan) -> list[str]:
    """Which node groups get new nodes, and why: a change that a plan shows like any other, and that evicts every pod."""
    templates = dict(_of_templates(plan))
    found = []
    for action in plan.permitted:
        if action.kind == "eks_nodegroup" and action.verb == "update":
            reasons = [change.property for change in action.changes if change.property in RENEWING]
            if reasons:
                name = action.address.partition(".")[2]
                template = templates.get(name, "")
                listed = [f"{reason}{template}" if reason == TEMPLATE_VERSION else reason for reason in reasons]
                found.append(f"{name}: this renews its nodes, batch by batch ({', '.join(listed)})")
    return found


def pod_network_notes(plan: Plan) -> list[str]:
    """Which clusters get other subnets for pods: nodes that run keep the interfaces that they have."""
    return [
        f"{action.address.partition('.')[2].partition('/')[0]}: pods get addresses of other subnets on nodes that start from now on; "
        "replace the nodes that run, for example with a new release"
        for action in plan.permitted
        if action.kind == "eks_addon" and action.verb == "update"
        for change in action.changes
        if change.property == "configuration" and (change.before or {}).get(SECTION) != (change.after or {}).get(SECTION)
    ]


def _of_templates(plan: Plan) -> Iterator[tuple[str, str]]:
    """(group, the parts of the data that change) of every launch template that gets another version in this plan."""
    for action in plan.permitted:
        for change in action.changes if action.kind == "launch_template" and action.verb == "update" else ():
            if change.property == "data" and isinstance(change.before, Mapping) and isinstance(change.after, Mapping):
                members = sorted({*change.before, *change.after})
                differing = [name for name in members if change.before.get(name) != change.after.get(name)]
                yield action.address.partition(".")[2], f": {', '.join(differing)}"


def _sets(action: Action, *names: str) -> bool:
    return action.makes or any(change.property in names for change in action.changes)


def _of_addon(action: Action, cluster: Cluster, aws: Aws) -> list[Failure]:
    """The user's configuration, against the schema that EKS publishes for the version."""
    properties = action.desired.properties if action.desired else {}
    name, version = str(properties["addon_name"]), properties.get("addon_version")
    given = cluster.addons[name].configuration if name in cluster.addons else {}
    if not given or not version:
        return []
    try:
        reply = aws.read("eks", "describe_addon_configuration", addonName=name, addonVersion=version)
        schema = json.loads(reply.get("configurationSchema") or "{}")
    except CallFailed as error:
        return [_not_asked(action, f"its configuration {NOT_ASKED}", error)]
    except ValueError:
        return []
    path = f"{cluster.path}.addons.{name}.configuration"
    hint = f"aws eks describe-addon-configuration --addon-name {name} --addon-version {version} shows all settings."
    return [
        Failure(action.address, "", "AddonConfiguration", f"{path}{one.path} is {shown(one.value)}, but {one.remedy}", hint)
        for one in mistakes(given, schema)
    ]


def _of_release(action: Action, cluster: Cluster, aws: Aws) -> list[Failure]:
    """A pinned release must exist: AWS's images carry it in their name and description."""
    group = cluster.node_groups.get(action.address.partition("/")[2])
    if group is None or not group.release.pinned:
        return []
    release = group.release.pinned
    name = image_of(group.ami_type, cluster.version, release)
    try:
        images = aws.list_all("ec2", "describe_images", "Images", Owners=["amazon"], Filters=[{"Name": "name", "Values": [name]}])
    except CallFailed as error:
        return [_not_asked(action, f"its release {NOT_ASKED}", error)]
    there = {release_of(image) for image in images}
    if there & {release, ""}:
        return []
    exists = f"the one of that day is {', '.join(sorted(there))}" if there else f"AWS has no image {name} in this region"
    message = f"{group.path}.release_version is '{release}', but {exists}; name a release that exists, or newest"
    return [Failure(action.address, "", "NodeRelease", message)]


def _of_subnets(action: Action, cluster: Cluster, aws: Aws) -> list[Failure]:
    """New nodes must reach AWS, through a route or through endpoints."""
    subnets = action.desired.properties["subnet_ids"] if action.desired else []
    known = sorted({str(one) for one in subnets if isinstance(one, str) and not is_unknown(one)})
    if not known:
        return []
    try:
        shut_in = aws.once(f"subnets without a way out of {known}", lambda: _shut_in(known, aws))
        vpcs = sorted({subnet.vpc_id for subnet in shut_in})
        gates = aws.once(f"gates of {vpcs}", lambda: _gates(vpcs, aws))
    except CallFailed as error:
        return [_not_asked(action, f"what its subnets reach {NOT_ASKED}", error)]
    part = action.address.partition("/")[2]
    listed = cluster.given_subnets or is_listed(cluster, action.kind, part)
    return [
        Failure(action.address, "", "NodesCannotReachAws", message)
        for subnet in shut_in
        if (message := obstacle(subnet, gates, cluster, listed, f"{cluster.path}.{SECTIONS[action.kind]}.{part}"))
    ]


def _shut_in(subnets: list[str], aws: Aws) -> list[ShutIn]:
    raws = filtered(aws, "describe_subnets", "Subnets", "subnet-id", subnets)
    tables = filtered(aws, "describe_route_tables", "RouteTables", "vpc-id", sorted({raw["VpcId"] for raw in raws})) if raws else []
    return shut_in(raws, tables)


def _gates(vpcs: list[str], aws: Aws) -> Gates:
    """Read only if a subnet has no way out."""
    if not vpcs:
        return Gates()
    return Gates(
        endpoints=tuple(filtered(aws, "describe_vpc_endpoints", "VpcEndpoints", "vpc-id", vpcs)),
        nat_gateways=tuple(aws.list_all("ec2", "describe_nat_gateways", "NatGateways", Filter=[{"Name": "vpc-id", "Values": vpcs}])),
        internet_gateways=tuple(filtered(aws, "describe_internet_gateways", "InternetGateways", "attachment.vpc-id", vpcs)),
    )


def _not_asked(action: Action, what: str, error: CallFailed) -> Failure:
    hint = error.hint or "Allow the call, then run again."
    return Failure(action.address, error.operation, error.code or "NotChecked", f"{what}: {error.message}", hint)
