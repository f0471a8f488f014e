"""Changes of an EKS cluster's configuration: network, logging, access. One of them in a call, as on AWS."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from rehearsal.extensions.eks_access import configured_access
from rehearsal.extensions.eks_common import active_cluster, begin_update
from rehearsal.registry import Call, answers
from rehearsal.replies import Refusal

# Access modes lead only one way.
MODES = ("CONFIG_MAP", "API_AND_CONFIG_MAP", "API")
NETWORK_MEMBERS = {
    "endpointPublicAccess": "EndpointPublicAccess",
    "endpointPrivateAccess": "EndpointPrivateAccess",
    "publicAccessCidrs": "PublicAccessCidrs",
    "subnetIds": "Subnets",
    "securityGroupIds": "SecurityGroups",
}


@answers("eks", "UpdateClusterConfig")
def update_config(call: Call) -> Any:
    given = [name for name in CHANGES if call.get(name) is not None]
    if len(given) != 1:
        text = "Only one type of update can be allowed." if given else f"Nothing to update: one of {', '.join(CHANGES)} is known here."
        raise Refusal("InvalidParameterException", text)
    cluster = active_cluster(call)
    kind, params, apply = CHANGES[given[0]](cluster, dict(call.get(given[0])))
    return {"update": begin_update(cluster, kind, params, "eks_cluster", apply=apply).described()}


Change = tuple[str, dict[str, Any], Callable[[], None]]


def _network(cluster: Any, given: dict[str, Any]) -> Change:
    wanted = cluster.resources_vpc_config | given
    if wanted == cluster.resources_vpc_config:
        raise Refusal("InvalidParameterException", "Cluster is already at the desired configuration")
    if not (wanted["endpointPublicAccess"] or wanted["endpointPrivateAccess"]):
        raise Refusal("InvalidParameterException", "Private and public endpoint access cannot be false")
    kind = "VpcConfigUpdate" if {"subnetIds", "securityGroupIds"} & set(given) else "EndpointAccessUpdate"
    return kind, {NETWORK_MEMBERS[name]: value for name, value in given.items()}, lambda: setattr(cluster, "resources_vpc_config", wanted)


def _logging(cluster: Any, given: dict[str, Any]) -> Change:
    """Types that are not named stay as they are."""
    enabled = {kind: bool(entry["enabled"]) for entry in cluster.logging["clusterLogging"] for kind in entry["types"]}
    wanted = enabled | {
        kind: bool(entry.get("enabled")) for entry in given.get("clusterLogging") or [] for kind in entry.get("types") or []
    }
    if wanted == enabled:
        raise Refusal("InvalidParameterException", "No changes needed for the logging config provided")
    listed = [{"types": [kind for kind in wanted if wanted[kind] is on], "enabled": on} for on in (True, False) if on in wanted.values()]
    return "LoggingUpdate", {"ClusterLogging": given}, lambda: setattr(cluster, "logging", {"clusterLogging": listed})


def _access(cluster: Any, given: dict[str, Any]) -> Change:
    present, wanted = configured_access(cluster)["authenticationMode"], str(given.get("authenticationMode"))
    if wanted not in MODES or MODES.index(wanted) <= MODES.index(present):
        raise Refusal("InvalidParameterException", f"Unsupported authentication mode update from {present} to {wanted}")
    access = configured_access(cluster) | {"authenticationMode": wanted}
    return "AccessConfigUpdate", {"AuthenticationMode": wanted}, lambda: setattr(cluster, "rehearsal_access", access)


CHANGES: dict[str, Callable[[Any, dict[str, Any]], Change]] = {"resourcesVpcConfig": _network, "logging": _logging, "accessConfig": _access}
