"""Changes to an EKS cluster's configuration: one kind of change per call, as on AWS."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from rehearsal.extensions import eks_network
from rehearsal.extensions.eks_access import configured_access
from rehearsal.extensions.eks_checks import check_encryption, check_endpoint, check_logging, check_network
from rehearsal.extensions.eks_common import at_rest, begin_update, subnets_by_id
from rehearsal.extensions.eks_versions import in_standard_support
from rehearsal.registry import Call, answers
from rehearsal.replies import Refusal

# Authentication modes can change in one direction only.
MODES = ("CONFIG_MAP", "API_AND_CONFIG_MAP", "API")
NETWORK_MEMBERS = {
    "endpointPublicAccess": "EndpointPublicAccess",
    "endpointPrivateAccess": "EndpointPrivateAccess",
    "publicAccessCidrs": "PublicAccessCidrs",
    "subnetIds": "Subnets",
    "securityGroupIds": "SecurityGroups",
}
PLACES = {"subnetIds", "securityGroupIds"}
SUPPORT = ("STANDARD", "EXTENDED")


@answers("eks", "UpdateClusterConfig")
def update_config(call: Call) -> Any:
    given = [name for name in CHANGES if call.get(name) is not None]
    if len(given) != 1:
        text = "Only one type of update can be allowed." if given else f"Nothing to update: one of {', '.join(CHANGES)} is known here."
        raise Refusal("InvalidParameterException", text)
    kind, change = CHANGES[given[0]]
    cluster = at_rest(call, kind)
    kind, params, apply = change(call, cluster, call.get(given[0]))
    return {"update": begin_update(cluster, kind, params, "eks_cluster", apply=apply).described()}


Change = tuple[str, dict[str, Any], Callable[[], None]]


def _unchanged() -> Refusal:
    return Refusal("InvalidParameterException", "Cluster is already at the desired configuration")


def _network(call: Call, cluster: Any, given: dict[str, Any]) -> Change:
    """Changes either endpoint access or the subnets of the interfaces."""
    present = cluster.resources_vpc_config
    wanted = present | given
    if PLACES & set(given) and set(given) - PLACES:
        raise Refusal("InvalidParameterException", "Only one type of update can be allowed.")
    if wanted == present:
        raise _unchanged()
    params = {NETWORK_MEMBERS[name]: value for name, value in given.items()}
    if PLACES & set(given):
        check_network(call, wanted["subnetIds"], wanted["securityGroupIds"], present["vpcId"], cluster.rehearsal_interfaces)
        _check_zones(call, present["subnetIds"], wanted["subnetIds"])

        def move() -> None:
            cluster.resources_vpc_config = wanted
            eks_network.place(cluster)

        return "VpcConfigUpdate", params, move
    check_endpoint(wanted)
    return "EndpointAccessUpdate", params, lambda: setattr(cluster, "resources_vpc_config", wanted)


def _check_zones(call: Call, before: list[str], after: list[str]) -> None:
    """A cluster must keep all the zones in which it was created."""
    known = subnets_by_id(call)
    was, wanted = (",".join(sorted({known[one].availability_zone for one in some if one in known})) for some in (before, after))
    if was != wanted:
        text = f"Provided subnets belong to the AZs '{wanted}'. But they should belong to the exact set of AZs '{was}' "
        raise Refusal("InvalidParameterException", text + "in which subnets were provided during cluster creation.")


def _logging(call: Call, cluster: Any, given: dict[str, Any]) -> Change:
    """Log types that the call omits are unchanged."""
    check_logging(given)
    enabled = {kind: bool(entry["enabled"]) for entry in cluster.logging["clusterLogging"] for kind in entry["types"]}
    wanted = enabled | {
        kind: bool(entry.get("enabled")) for entry in given.get("clusterLogging") or [] for kind in entry.get("types") or []
    }
    if wanted == enabled:
        raise Refusal("InvalidParameterException", "No changes needed for the logging config provided")
    listed = [{"types": [kind for kind in wanted if wanted[kind] is on], "enabled": on} for on in (True, False) if on in wanted.values()]
    return "LoggingUpdate", {"ClusterLogging": given}, lambda: setattr(cluster, "logging", {"clusterLogging": listed})


def _access(call: Call, cluster: Any, given: dict[str, Any]) -> Change:
    present, wanted = configured_access(cluster)["authenticationMode"], str(given.get("authenticationMode"))
    if wanted not in MODES or MODES.index(wanted) <= MODES.index(present):
        raise Refusal("InvalidParameterException", f"Unsupported authentication mode update from {present} to {wanted}")
    access = configured_access(cluster) | {"authenticationMode": wanted}
    return "AccessConfigUpdate", {"AuthenticationMode": wanted}, lambda: setattr(cluster, "rehearsal_access", access)


def _upgrade_policy(call: Call, cluster: Any, given: dict[str, Any]) -> Change:
    """A cluster can leave extended support only before extended support begins."""
    wanted = {"supportType": given.get("supportType")}
    if wanted["supportType"] not in SUPPORT:
        raise Refusal("InvalidParameterException", f"supportType must be one of {', '.join(SUPPORT)}, not {wanted['supportType']}")
    if wanted == cluster.upgrade_policy:
        raise _unchanged()
    if wanted["supportType"] == "STANDARD" and not in_standard_support(cluster.version):
        text = f"Extended support cannot be disabled for cluster {cluster.name}: Kubernetes {cluster.version} is not in standard support"
        raise Refusal("InvalidRequestException", text)
    return "UpgradePolicyUpdate", {"UpgradePolicy": wanted}, lambda: setattr(cluster, "upgrade_policy", wanted)


def _deletion_protection(call: Call, cluster: Any, wanted: bool) -> Change:
    if wanted == cluster.deletion_protection:
        raise _unchanged()
    return "DeletionProtectionUpdate", {"DeletionProtection": wanted}, lambda: setattr(cluster, "deletion_protection", wanted)


def _zonal_shift(call: Call, cluster: Any, given: dict[str, Any]) -> Change:
    wanted = {"enabled": bool(given.get("enabled"))}
    if wanted == cluster.zonal_shift:
        raise _unchanged()
    return "ZonalShiftConfigUpdate", {"ZonalShiftConfig": wanted}, lambda: setattr(cluster, "zonal_shift", wanted)


CHANGES: dict[str, tuple[str, Callable[[Call, Any, Any], Change]]] = {
    "resourcesVpcConfig": ("EndpointAccessUpdate", _network),
    "logging": ("LoggingUpdate", _logging),
    "accessConfig": ("AccessConfigUpdate", _access),
    "upgradePolicy": ("UpgradePolicyUpdate", _upgrade_policy),
    "deletionProtection": ("DeletionProtectionUpdate", _deletion_protection),
    "zonalShiftConfig": ("ZonalShiftConfigUpdate", _zonal_shift),
}


@answers("eks", "AssociateEncryptionConfig")
def associate_encryption(call: Call) -> Any:
    """Adds a key to a cluster without one; it cannot be removed or changed afterward."""
    cluster, given = at_rest(call, "AssociateEncryptionConfig"), list(call.get("encryptionConfig") or [])
    if cluster.encryption_config:
        raise Refusal("InvalidParameterException", f"Encryption is already enabled for cluster {cluster.name}")
    if len(given) != 1:
        raise Refusal("InvalidParameterException", f"One encryption configuration is expected, not {len(given)}")
    check_encryption(call, given[0])
    params = {"EncryptionConfig": given}
    apply: Callable[[], None] = lambda: setattr(cluster, "encryption_config", given)  # noqa: E731  one line, as above
    return {"update": begin_update(cluster, "AssociateEncryptionConfig", params, "eks_cluster", apply=apply).described()}
