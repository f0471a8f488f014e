# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""EKS clusters."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ....aws.canonical import sorted_strings
from ....aws.connection import Aws
from ....aws.named_kind import NamedKind
from ....reconcile.errors import CallFailed
from ....reconcile.model import Observed, fixed, given, initial
from . import limits as limits_eks
from .base import EksKind, Step, eks
from .reads import clusters

UNPROTECT = "Set deletion_protection to false, apply that, then delete the cluster."

LOG_TYPES = ("api", "audit", "authenticator", "controllerManager", "scheduler")
ENDPOINT = ("endpoint_public_access", "endpoint_private_access", "public_access_cidrs")
NETWORK = ("subnet_ids", "security_group_ids")


def cidrs(desired: Iterable[str] | None, observed: Iterable[str] | None) -> Iterable[str]:
    """The CIDR blocks that may reach a public endpoint. Without one, EKS keeps a list that has no effect and cannot be emptied."""
    return desired or observed or []


def logging(types: Iterable[str]) -> dict[str, Any]:
    """Turn these log types on and all others off: EKS leaves types that are not named unchanged."""
    wanted = [kind for kind in LOG_TYPES if kind in set(types)]
    left = [kind for kind in LOG_TYPES if kind not in wanted]
    return {"clusterLogging": [{"types": kinds, "enabled": on} for kinds, on in ((wanted, True), (left, False)) if kinds]}


class EksCluster(EksKind):
    """Found by list and tags. EKS takes one update at a time, each of one type: access mode, logging, endpoint, subnets, version, ..."""

    name = "eks_cluster"
    calls = eks("cluster", id="name", name="name", arn="arn")
    operations = ("update_cluster_config", "update_cluster_version")
    quotas = (limits_eks.CLUSTERS,)
    states = {"creating": "pending", "pending": "pending", "updating": "pending", "deleting": "deleting", "failed": "failed"}
    timeout = 1800.0
    timeouts = {"update": 3600.0}
    serialized = ("update",)
    changing = {"version": ("version",), "platform_version": ("version",)}

    cluster_name = fixed("name")
    role_arn = fixed()
    secrets_key_arn = fixed()
    service_ipv4_cidr = fixed()
    ip_family = fixed()
    vpc_id = fixed()
    subnet_ids = given(canonical=sorted_strings)
    security_group_ids = given(canonical=sorted_strings)
    endpoint_public_access = given()
    endpoint_private_access = given()
    public_access_cidrs = given(canonical=sorted_strings, effective=cidrs)
    log_types = given(canonical=sorted_strings)
    authentication_mode = given()
    upgrade_policy = given()
    deletion_protection = given()
    version = given()
    creator_is_admin = initial()
    bootstrap_self_managed_addons = initial()

    def find(self, aws: Aws) -> list[Observed]:
        return self.observe_all(aws, list(clusters(aws, self.hints).values()))

    def place(self) -> dict[str, str]:
        return {"cluster_name": "name"}

    def get_secrets_key_arn(self, raw: Mapping[str, Any]) -> str | None:
        configured = raw.get("encryptionConfig") or []
        return next((entry["provider"]["keyArn"] for entry in configured if "secrets" in entry.get("resources", [])), None)

    def get_service_ipv4_cidr(self, raw: Mapping[str, Any]) -> str | None:
        return (raw.get("kubernetesNetworkConfig") or {}).get("serviceIpv4Cidr")

    def get_ip_family(self, raw: Mapping[str, Any]) -> str | None:
        return (raw.get("kubernetesNetworkConfig") or {}).get("ipFamily")

    def get_vpc_id(self, raw: Mapping[str, Any]) -> Any:
        """CreateCluster derives it from the subnets; a cluster cannot be moved to another VPC."""
        return _network(raw).get("vpcId")

    def get_subnet_ids(self, raw: Mapping[str, Any]) -> Any:
        return _network(raw).get("subnetIds")

    def get_security_group_ids(self, raw: Mapping[str, Any]) -> Any:
        return _network(raw).get("securityGroupIds")

    def get_endpoint_public_access(self, raw: Mapping[str, Any]) -> Any:
        return _network(raw).get("endpointPublicAccess")

    def get_endpoint_private_access(self, raw: Mapping[str, Any]) -> Any:
        return _network(raw).get("endpointPrivateAccess")

    def get_public_access_cidrs(self, raw: Mapping[str, Any]) -> Any:
        return _network(raw).get("publicAccessCidrs")

    def get_log_types(self, raw: Mapping[str, Any]) -> list[str]:
        entries = (raw.get("logging") or {}).get("clusterLogging") or []
        return [kind for entry in entries if entry.get("enabled") for kind in entry.get("types") or []]

    def get_authentication_mode(self, raw: Mapping[str, Any]) -> Any:
        return (raw.get("accessConfig") or {}).get("authenticationMode")

    def get_upgrade_policy(self, raw: Mapping[str, Any]) -> Any:
        return (raw.get("upgradePolicy") or {}).get("supportType")

    def get_deletion_protection(self, raw: Mapping[str, Any]) -> bool:
        return bool(raw.get("deletionProtection"))

    def get_creator_is_admin(self, _raw: Mapping[str, Any]) -> None:
        return None

    get_bootstrap_self_managed_addons = get_creator_is_admin

    def attributes(self, raw: Mapping[str, Any]) -> dict[str, Any]:
        issuer = ((raw.get("identity") or {}).get("oidc") or {}).get("issuer")
        return {
            "arn": raw.get("arn"),
            "name": raw.get("name"),
            "endpoint": raw.get("endpoint"),
            "certificate_authority": (raw.get("certificateAuthority") or {}).get("data"),
            "oidc_issuer": issuer,
            "oidc_provider": issuer.removeprefix("https://") if issuer else None,
            "cluster_security_group_id": _network(raw).get("clusterSecurityGroupId"),
            "vpc_id": _network(raw).get("vpcId"),
            "version": raw.get("version"),
            "platform_version": raw.get("platformVersion"),
        }

    def request(self, properties: Mapping[str, Any]) -> dict[str, Any]:
        given_ = {name: value for name, value in properties.items() if value is not None}
        network = {self.api_name(name): given_[name] for name in (*NETWORK, *ENDPOINT) if given_.get(name) not in (None, [])}
        access = {
            "authenticationMode": given_.get("authentication_mode"),
            "bootstrapClusterCreatorAdminPermissions": given_.get("creator_is_admin"),
        }
        key = given_.get("secrets_key_arn")
        kubernetes = {"serviceIpv4Cidr": given_.get("service_ipv4_cidr"), "ipFamily": given_.get("ip_family")}
        request = {
            "name": given_["cluster_name"],
            "version": given_.get("version"),
            "roleArn": given_["role_arn"],
            "resourcesVpcConfig": network,
            "kubernetesNetworkConfig": {name: value for name, value in kubernetes.items() if value} or None,
            "logging": logging(given_["log_types"]) if "log_types" in given_ else None,
            "encryptionConfig": [{"resources": ["secrets"], "provider": {"keyArn": key}}] if key else None,
            "accessConfig": {name: value for name, value in access.items() if value is not None} or None,
            "bootstrapSelfManagedAddons": given_.get("bootstrap_self_managed_addons"),
            "upgradePolicy": {"supportType": given_["upgrade_policy"]} if "upgrade_policy" in given_ else None,
            "deletionProtection": given_.get("deletion_protection"),
        }
        return {name: value for name, value in request.items() if value is not None}

    def steps(self, aws: Aws, now: Observed, left: Mapping[str, Any]) -> list[Step]:
        """Deletion protection and access first, changes that restart the control plane last."""
        configured: list[dict[str, Any]] = []
        if "deletion_protection" in left:
            configured.append({"deletionProtection": bool(left["deletion_protection"])})
        if left.get("authentication_mode"):
            configured.append({"accessConfig": {"authenticationMode": left["authentication_mode"]}})
        if left.get("upgrade_policy"):
            configured.append({"upgradePolicy": {"supportType": left["upgrade_policy"]}})
        if "log_types" in left:
            configured.append({"logging": logging(left["log_types"] or [])})
        networks = ({self.api_name(name): left[name] for name in names if left.get(name) is not None} for names in (ENDPOINT, NETWORK))
        configured += [{"resourcesVpcConfig": parts} for parts in networks if parts]
        steps: list[Step] = [
            lambda change=change: aws.change("eks", "update_cluster_config", name=now.id, **change)  # type: ignore[misc]
            for change in configured
        ]
        if left.get("version"):
            steps.append(lambda: aws.change("eks", "update_cluster_version", name=now.id, version=left["version"]))
        return steps

    def delete(self, aws: Aws, seen: Observed) -> None:
        """Deletion protection is never removed automatically: it was enabled so that a deletion is refused."""
        try:
            super().delete(aws, seen)
        except CallFailed as error:
            if error.code != "InvalidRequestException" or "protection" not in error.message.lower():
                raise
            raise CallFailed(error.message, error.operation, error.code, UNPROTECT) from error

    look_up = NamedKind.look_up


def _network(raw: Mapping[str, Any]) -> Mapping[str, Any]:
    return raw.get("resourcesVpcConfig") or {}
