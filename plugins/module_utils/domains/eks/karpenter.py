# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What Karpenter needs in AWS besides the roles: the profile and the access of its nodes, and its queue with the rules that fill it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from ...aws.place import Place
from ...kinds.instance_profile import profile_name
from ...reconcile.model import Resource, ref
from .roles import role_name
from .settings.cluster import Cluster
from .settings.karpenter import EVENTS, KARPENTER, MESSAGE_SECONDS, NODES, pattern, queue_name, queue_policy, rule_part


def queue_of(cluster: Cluster, place: Place) -> str:
    return queue_name(place.environment, place.component, cluster.name)


def rules_of(cluster: Cluster, place: Place) -> dict[str, str]:
    """event -> name of its rule."""
    return {event: role_name(place, cluster.name, rule_part(event)) for event in EVENTS}


def described(clusters: Iterable[Cluster], environment: str, component: str) -> tuple[list[str], list[str]]:
    """The names of the queues, and those of the rules, of all clusters with Karpenter."""
    place = Place(environment, component, "", "")
    with_it = [cluster for cluster in clusters if cluster.has_karpenter]
    return [queue_of(one, place) for one in with_it], [name for one in with_it for name in rules_of(one, place).values()]


def karpenter_parts(cluster: Cluster, place: Place, tags: Callable[[str], Mapping[str, str]]) -> Iterator[Resource]:
    """``tags``: the tags of a part. Nothing for clusters without Karpenter."""
    if not cluster.has_karpenter:
        return
    role, nodes = f"iam_role.{cluster.name}/{NODES}", f"{cluster.name}/{NODES}"
    name = profile_name(role_name(place, cluster.name, NODES))
    profile: dict[str, Any] = {"instance_profile_name": name, "role_name": ref(role), "tags": tags(NODES)}
    yield Resource("iam_instance_profile", nodes, profile)
    entry = {
        "cluster_name": ref(f"eks_cluster.{cluster.name}"),
        "principal_arn": ref(role, "arn"),
        "type": "EC2_LINUX",
        "tags": tags(NODES),
    }
    yield Resource("eks_access_entry", nodes, entry)
    name = queue_of(cluster, place)
    queue = {
        "queue_name": name,
        "message_retention_period": MESSAGE_SECONDS,
        "sqs_managed_sse_enabled": True,
        "policy": queue_policy(place.arn("sqs", name), place.arn("events", f"rule/{role_name(place, cluster.name, KARPENTER)}-*")),
        "tags": tags(KARPENTER),
    }
    yield Resource("sqs_queue", f"{cluster.name}/{KARPENTER}", queue)
    for event, rule in rules_of(cluster, place).items():
        properties = {
            "rule_name": rule,
            "description": f"Interruptions of instances for Karpenter in the EKS cluster {cluster.aws_name}",
            "event_pattern": pattern(event),
            "enabled": True,
            "target_arns": [ref(f"sqs_queue.{cluster.name}/{KARPENTER}", "arn")],
            "tags": tags(rule_part(event)),
        }
        yield Resource("events_rule", f"{cluster.name}/{rule_part(event)}", properties)
