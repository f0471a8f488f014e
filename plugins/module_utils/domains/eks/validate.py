# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""All errors in clusters that can be found before the first API call."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

from ...aws.place import Place
from ...component.names import PRODUCTION
from ...inputs.problems import Problems
from ...inputs.values import is_worldwide
from .karpenter import queue_of, rules_of
from .roles import LONGEST_NAME, parts, role_name, with_own_role
from .settings.addons import AFTER_NODES, AGENT, RIGHTS
from .settings.cluster import Addon, Cluster, Network, read
from .settings.controllers import CONTROLLERS
from .settings.identities import ADMINISTRATOR
from .settings.ipv6 import check_ipv6
from .settings.karpenter import KARPENTER, LONGEST_QUEUE_NAME, NODES
from .settings.placement import obstacle_of_group
from .settings.pod_networking import CNI, set_twice
from .settings.releases import wrong_release

ANYWHERE = Network()


def validate(
    clusters: Any, path: str = "clusters", environment: str = "", component: str = "cluster", network: Network = ANYWHERE
) -> tuple[dict[str, Cluster], list[str]]:
    """The clusters that a user's mapping describes, and every problem with them.

    ``path`` is the variable that messages begin with; ``network`` is the network of clusters that name none. The clusters are usable only
    if there are no problems.
    """
    problems = Problems()
    found = read(clusters, path, environment, network, problems)
    check_aws_names(found, problems)
    for cluster in found.values():
        check_place(cluster, problems)
        check_endpoint(cluster, environment, problems)
        check_administrators(cluster, problems)
        check_service_accounts(cluster, problems)
        check_addons(cluster, problems)
        check_pod_subnets(cluster, problems)
        check_ipv6(cluster, problems)
        check_releases(cluster, problems)
        check_karpenter(cluster, problems)
        check_lengths(cluster, environment, component, problems)
    return found, problems.messages


def check_aws_names(clusters: Mapping[str, Cluster], problems: Problems) -> None:
    taken: dict[str, str] = {}
    for name, cluster in clusters.items():
        if cluster.aws_name in taken:
            remedy = f"{taken[cluster.aws_name]} already has that name; names are unique in an account and region"
            problems.add(f"{cluster.path}.name", cluster.aws_name, remedy)
        taken.setdefault(cluster.aws_name, name)


def check_place(cluster: Cluster, problems: Problems) -> None:
    """EKS requires subnets in two zones. Their zones are queried later; that one subnet cannot be in two is checked here."""
    if not cluster.subnet_ids:
        problems.missing(
            f"{cluster.path}.subnet_ids", "list private subnets in at least two availability zones, or name a network that has them"
        )
    elif len(cluster.subnet_ids) < 2:
        remedy = "EKS wants subnets in at least two availability zones"
        problems.add(f"{cluster.path}.subnet_ids", list(cluster.subnet_ids), remedy)


def check_endpoint(cluster: Cluster, environment: str, problems: Problems) -> None:
    path = f"{cluster.path}.endpoint"
    if not cluster.endpoint.private and not cluster.endpoint.public:
        problems.add(f"{path}.private", False, "then nothing could reach the cluster; leave it true, or list public_cidrs")
    if is_worldwide(cluster.endpoint.public_cidrs) and environment in PRODUCTION:
        remedy = (
            f"in {environment} the endpoint must not be open to the internet; list the blocks that administrators and pipelines connect "
            "from"
        )
        problems.add(f"{path}.public_cidrs", list(cluster.endpoint.public_cidrs), remedy)


def check_administrators(cluster: Cluster, problems: Problems) -> None:
    """At least one principal must be able to administer the cluster, and each principal has only one entry."""
    path = f"{cluster.path}.access"
    if not cluster.creator_is_admin and not any(entry.administers for entry in cluster.access.values()):
        remedy = f"no other principal could administer the cluster; give an entry of access {ADMINISTRATOR}: cluster"
        problems.add(f"{cluster.path}.creator_is_admin", False, remedy)
    taken: dict[str, str] = {}
    for name, entry in cluster.access.items():
        if entry.principal_arn in taken:
            remedy = f"{taken[entry.principal_arn]} already uses it, and a principal can have one entry per cluster; merge the two"
            problems.add(f"{path}.{name}.principal_arn", entry.principal_arn, remedy)
        elif entry.principal_arn:
            taken[entry.principal_arn] = name


def service_accounts(cluster: Cluster) -> Iterator[tuple[str, str, tuple[str, str]]]:
    """(path, value, namespace and service account) of every setting that gives pods AWS rights through pod identity."""
    for name in with_own_role(cluster):
        yield f"{cluster.path}.addons.{name}", name, (RIGHTS[name].namespace, RIGHTS[name].service_account)
    for name in cluster.controllers:
        yield f"{cluster.path}.controllers", name, (CONTROLLERS[name].namespace, CONTROLLERS[name].service_account)
    for pod in cluster.pod_identities.values():
        yield f"{pod.path}.service_account", pod.service_account, (pod.namespace, pod.service_account)


def check_service_accounts(cluster: Cluster, problems: Problems) -> None:
    """A service account has one association, and associations need the agent on the nodes."""
    users: dict[tuple[str, str], list[tuple[str, str]]] = defaultdict(list)
    for path, value, whose in service_accounts(cluster):
        users[whose].append((path, value))
    for (namespace, account), claims in users.items():
        for path, value in claims[1:]:
            remedy = f"{claims[0][0]} already gives {namespace}/{account} a role, and a service account can have only one"
            problems.add(path, value, remedy)
    for name in sorted(set(cluster.pod_identities) & set(cluster.controllers)):
        problems.add(f"{cluster.path}.pod_identities", name, "a controller has that name; choose another one")
    if users and AGENT not in cluster.addons:
        users_of_it = ", ".join(sorted({f"{namespace}/{account}" for namespace, account in users}))
        problems.add(f"{cluster.path}.addons.{AGENT}", None, f"without it these get no AWS permissions: {users_of_it}")


def check_addons(cluster: Cluster, problems: Problems) -> None:
    for name, addon in cluster.addons.items():
        if addon.role_arn and name not in RIGHTS:
            remedy = f"{name} is not known to need AWS permissions; those that do are {', '.join(RIGHTS)}"
            problems.add(f"{cluster.path}.addons.{name}.role_arn", addon.role_arn, remedy)
        if name in AFTER_NODES and not cluster.node_groups and not cluster.fargate_profiles:
            remedy = "its pods need a node; add a node group or a Fargate profile, or leave it out"
            problems.add(f"{cluster.path}.addons", name, remedy)


def check_pod_subnets(cluster: Cluster, problems: Problems) -> None:
    """Pods have subnets of their own through the network add-on, in every zone that has nodes."""
    path, addon = f"{cluster.path}.pod_subnets", cluster.addons.get(CNI)
    if not cluster.pod_subnets:
        return
    if addon is None:
        problems.add(path, dict(cluster.pod_subnets), f"they need the add-on {CNI}, which is set to null; remove one of the two")
        return
    for setting in set_twice(addon.configuration):
        remedy = "pod_subnets sets it; remove one of the two"
        problems.add(f"{cluster.path}.addons.{CNI}.configuration", setting, remedy)
    if lacking := sorted(set(cluster.subnet_zones) - set(cluster.pod_subnets)):
        remedy = f"nodes in {', '.join(lacking)} would have no addresses for pods; add a subnet there"
        problems.add(path, sorted(cluster.pod_subnets), remedy)


def check_releases(cluster: Cluster, problems: Problems) -> None:
    """A pinned release must be one of the group's image and of the cluster's version, also after an upgrade."""
    for group in cluster.node_groups.values():
        pinned = group.release.pinned
        if pinned and (remedy := wrong_release(pinned, group.ami_type, cluster.version)):
            problems.add(f"{group.path}.release_version", pinned, remedy)


def check_karpenter(cluster: Cluster, problems: Problems) -> None:
    """Karpenter runs on nodes that it does not launch, and its nodes have an access entry of ours."""
    if not cluster.has_karpenter:
        return
    if not cluster.node_groups:
        remedy = "Karpenter itself runs on a node group, since it cannot launch its own nodes; describe a small one"
        problems.missing(f"{cluster.path}.node_groups", remedy)
    obstacles = [obstacle_of_group(Addon(KARPENTER), group) for group in cluster.node_groups.values()]
    if obstacles and all(obstacles):
        remedy = f"no node group takes the pods of Karpenter itself: {'; '.join(obstacles)}; add a group that takes them"
        problems.add(f"{cluster.path}.node_scaling", KARPENTER, remedy)
    if NODES in cluster.access:
        problems.add(f"{cluster.path}.access", NODES, "the entry of the nodes that Karpenter launches has that name; choose another one")


def check_lengths(cluster: Cluster, environment: str, component: str, problems: Problems) -> None:
    """Names consist of environment, component, cluster and part. IAM and EventBridge allow 64 characters, and SQS 80."""
    place = Place(environment, component, "", "")
    names = {part: ("role", role_name(place, cluster.name, part), LONGEST_NAME) for part in parts(cluster)}
    if cluster.has_karpenter:
        names |= {name: ("rule", name, LONGEST_NAME) for name in rules_of(cluster, place).values()}
        names[KARPENTER] = ("queue", queue_of(cluster, place), LONGEST_QUEUE_NAME)
    for part, (kind, name, longest) in names.items():
        if len(name) > longest:
            service = {"role": "IAM", "rule": "EventBridge", "queue": "SQS"}[kind]
            remedy = f"the name of a {kind} would be {name} ({len(name)} characters), and {service} allows {longest}; choose shorter names"
            problems.add(cluster.path, part, remedy)
