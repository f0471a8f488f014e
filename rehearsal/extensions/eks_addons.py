"""Add-ons of an EKS cluster: creation, asynchronous updates, and deletion. Some need a node before they become healthy."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from rehearsal import transitions
from rehearsal.extensions import eks_addon_workloads as workloads
from rehearsal.extensions.eks_addon_catalog import CATALOG, SELF_MANAGED, Product
from rehearsal.extensions.eks_addon_versions import check_configuration, check_step, check_version, product_of
from rehearsal.extensions.eks_common import at_rest, begin_update, cluster_of, in_progress, member_of, page
from rehearsal.extensions.eks_pod_identity import Association, associate, associations_of, check_role
from rehearsal.extensions.policies import usable_roles
from rehearsal.registry import Call, answers
from rehearsal.replies import Refusal
from rehearsal.transitions import TransitionalState

ISSUES = {
    "InsufficientNumberOfReplicas": "The add-on is unhealthy because it doesn't have the desired number of replicas.",
    "AdmissionRequestDenied": "{}",
    "ConfigurationConflict": "Conflicts found when trying to apply. Will not continue due to resolve conflicts mode. Conflicts: {}",
}


class AddonState(TransitionalState):
    """A transitional state that lasts until the workloads exist; DEGRADED while they lack a node."""

    def __get__(self, addon: Any, owner: Any = None) -> Any:
        if addon is None:
            return self
        state = super().__get__(addon, owner)
        if state == "DELETED":
            return "DELETING"
        if state != "ACTIVE" or self.scripted(addon):
            return state
        if in_progress(addon.cluster, addon=addon.name):
            return "UPDATING"
        if not addon.applied and member_of(addon.cluster):
            return "CREATING"
        if addon.conflict or addon.refused:
            return "UPDATE_FAILED" if addon.changed else "CREATE_FAILED"
        return state if workloads.well(addon) else "DEGRADED"


@dataclass
class Addon:
    cluster: Any
    product: Product
    arn: str
    version: str
    configuration: str | None = None
    role_arn: str | None = None
    tags: dict[str, str] = field(default_factory=dict)
    created: datetime = field(default_factory=lambda: datetime.now(UTC))
    modified: datetime = field(default_factory=lambda: datetime.now(UTC))
    conflict: str = ""  # the version of a conflicting self-managed installation
    applied: bool = False  # whether the workloads have been applied to the control plane
    refused: str = ""  # what the control plane rejected
    changed: bool = False  # whether it has been updated since it was created

    status = AddonState(transitions.KINDS["eks_addon"])

    def __post_init__(self) -> None:
        self.status = "ACTIVE"

    @property
    def id(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        return self.product.name

    def owned(self) -> list[Association]:
        return [one for one in associations_of(self.cluster).values() if one.owner_arn == self.arn]

    def described(self) -> dict[str, Any]:
        shown = {
            "addonName": self.name,
            "clusterName": self.cluster.name,
            "status": self.status,
            "addonVersion": self.version,
            "health": {"issues": self.issues()},
            "addonArn": self.arn,
            "createdAt": self.created,
            "modifiedAt": self.modified,
            "tags": self.tags,
            "publisher": self.product.publisher,
            "owner": self.product.owner,
            "namespaceConfig": {"namespace": self.product.namespace},
        }
        optional = {
            "serviceAccountRoleArn": self.role_arn,
            "configurationValues": self.configuration,
            "podIdentityAssociations": [one.arn for one in self.owned()],
        }
        return shown | {name: value for name, value in optional.items() if value} | dict(transitions.extra_fields(self))

    def issues(self) -> list[dict[str, Any]]:
        return self.broken() or ([_issue("InsufficientNumberOfReplicas")] if self.status == "DEGRADED" else [])

    def broken(self) -> list[dict[str, Any]]:
        """Why the workloads differ from the request."""
        if self.conflict:
            return [_issue("ConfigurationConflict", self.conflict)]
        return [_issue("AdmissionRequestDenied", self.refused)] if self.refused else []


def _issue(code: str, about: str = "") -> dict[str, Any]:
    return {"code": code, "message": ISSUES[code].format(about), "resourceIds": []}


def addons_of(cluster: Any) -> dict[str, Addon]:
    """A cluster's managed add-ons, by name; self-managed ones are not included."""
    found: dict[str, Addon] = cluster.__dict__.setdefault("rehearsal_addons", {})
    return found


def runs(cluster: Any, name: str) -> bool:
    """Whether an add-on is installed, managed or not. Without vpc-cni, for example, no node becomes Ready."""
    addon = addons_of(cluster).get(name)
    if addon is None:
        return name in workloads.left_unmanaged(cluster)
    return addon.status in ("ACTIVE", "DEGRADED", "UPDATING")


def settle(cluster: Any) -> None:
    """Drops add-ons whose deletion has completed."""
    for name, addon in list(addons_of(cluster).items()):
        if TransitionalState.__get__(Addon.__dict__["status"], addon) == "DELETED":
            del addons_of(cluster)[name]


def install_self_managed(cluster: Any) -> None:
    """Installs the unmanaged add-ons of a new cluster, unless the call declined them."""
    for name in SELF_MANAGED:
        product = CATALOG[name]
        workloads.left_unmanaged(cluster)[name] = product.defaults[cluster.version]
        workloads.submit(cluster, product, product.defaults[cluster.version])


def _addon(call: Call) -> Addon:
    cluster, name = cluster_of(call), call.get("addonName")
    if name not in addons_of(cluster):
        raise Refusal("ResourceNotFoundException", f"No addon: {name} found in cluster: {cluster.name}", 404)
    return addons_of(cluster)[name]


@answers("eks", "CreateAddon")
def create(call: Call) -> Any:
    cluster = at_rest(call, "CreateAddon")
    product = product_of(call.get("addonName"), cluster.version)
    if product.name in addons_of(cluster):
        raise Refusal("ResourceInUseException", "Addon already exists.", 409)
    version = call.get("addonVersion") or product.defaults[cluster.version]
    check_version(product, version, cluster.version)
    check_configuration(product, call.get("configurationValues"))
    _check_namespace(call, product)
    wanted = _wanted_associations(call, product)
    role = _checked_role(call)
    arn = f"arn:aws:eks:{call.region}:{call.account_id}:addon/{cluster.name}/{product.name}/{uuid.uuid4()}"
    addon = Addon(cluster, product, arn, version, call.get("configurationValues"), role, dict(call.get("tags") or {}))
    _replace_associations(call, addon, wanted or {})
    there = workloads.left_unmanaged(cluster).get(product.name)
    if there and (call.get("resolveConflicts") or "NONE") != "OVERWRITE" and (there != version or addon.configuration):
        kind, name = product.workloads[0].kind, product.workloads[0].name
        addon.conflict = f'{kind}.apps {name} - .spec.template.spec.containers[name="{name}"].image'
        addon.applied = True
    else:
        workloads.left_unmanaged(cluster).pop(product.name, None)
        workloads.apply(addon)
    addons_of(cluster)[product.name] = addon
    return {"addon": addon.described()}


def _check_namespace(call: Call, product: Product) -> None:
    wanted = (call.get("namespaceConfig") or {}).get("namespace")
    if wanted and wanted != product.namespace:
        text = f"The emulated EKS has {product.name} in its default namespace {product.namespace} alone, not in {wanted}"
        raise Refusal("InvalidParameterException", text)


def _checked_role(call: Call) -> str | None:
    arn = call.get("serviceAccountRoleArn")
    if arn and not any(role.arn == arn for role in usable_roles(call)):
        raise Refusal("InvalidParameterException", f"The role with arn {arn} does not exist")
    return str(arn) if arn else None


def _wanted_associations(call: Call, product: Product) -> dict[str, str] | None:
    """Role by service account; None if the call does not mention them. The add-on must support each account, and each role must fit."""
    if call.get("podIdentityAssociations") is None:
        return None
    wanted = {str(one["serviceAccount"]): str(one["roleArn"]) for one in call.get("podIdentityAssociations")}
    for account, role in wanted.items():
        if account not in product.accounts:
            known = ", ".join(product.accounts) or "none"
            text = f"Service account {account} of addon {product.name} takes no pod identity association; those that do: {known}"
            raise Refusal("InvalidParameterException", text)
        check_role(call, role)
    return wanted


def _replace_associations(call: Call, addon: Addon, wanted: dict[str, str]) -> None:
    """Replaces the add-on's associations. An association keeps its ID if only its role changes."""
    present = {one.service_account: one for one in addon.owned()}
    for account, one in present.items():
        if account not in wanted:
            del associations_of(addon.cluster)[one.identifier]
    for account, role in wanted.items():
        if account in present:
            present[account].role_arn, present[account].modified = role, datetime.now(UTC)
        else:
            associate(call, addon.cluster, addon.product.namespace, account, role, owner=addon.arn)


@answers("eks", "DescribeAddon")
def describe(call: Call) -> Any:
    return {"addon": _addon(call).described()}


@answers("eks", "ListAddons")
def list_addons(call: Call) -> Any:
    return page(call, "addons", list(addons_of(cluster_of(call))))


@answers("eks", "UpdateAddon")
def update(call: Call) -> Any:
    """Parameters that the call omits are unchanged. The add-on shows the new values once the update completes."""
    addon = _addon(call)
    cluster = at_rest(call, "UpdateAddon")
    if addon.status in ("CREATING", "UPDATING", "DELETING"):
        text = f"Addon {addon.name} cannot be updated as it is currently in {addon.status} state"
        raise Refusal("ResourceInUseException", text, 409)
    version = call.get("addonVersion") or addon.version
    if version != addon.version:
        check_version(addon.product, version, cluster.version)
        check_step(addon.product, addon.version, version)
    check_configuration(addon.product, call.get("configurationValues"))
    wanted, role = _wanted_associations(call, addon.product), _checked_role(call)
    configuration = addon.configuration if call.get("configurationValues") is None else call.get("configurationValues") or None

    def apply() -> None:
        addon.version, addon.configuration, addon.role_arn = version, configuration, role or addon.role_arn
        addon.modified = datetime.now(UTC)

    def done(refused: str) -> None:
        addon.refused, addon.changed = refused, True

    def failure() -> list[dict[str, Any]]:
        return [{"errorCode": issue["code"], "errorMessage": issue["message"], "resourceIds": []} for issue in addon.broken()]

    if wanted is not None:
        _replace_associations(call, addon, wanted)
    if not addon.conflict or call.get("resolveConflicts") == "OVERWRITE":
        addon.conflict = ""
        workloads.left_unmanaged(cluster).pop(addon.name, None)
        workloads.submit(cluster, addon.product, version, configuration, role or addon.role_arn, done)
    names = ("AddonVersion", "ServiceAccountRoleArn", "ResolveConflicts", "ConfigurationValues", "PodIdentityAssociations")
    given = {name: call.get(name[0].lower() + name[1:]) for name in names}
    params = {name: value for name, value in given.items() if value is not None}
    begun = begin_update(cluster, "AddonUpdate", params, "eks_addon", addon=addon.name, apply=apply, failure=failure)
    return {"update": begun.described()}


@answers("eks", "DeleteAddon")
def delete(call: Call) -> Any:
    """With `preserve`, the workloads remain, unmanaged."""
    addon = _addon(call)
    if addon.status != "DELETING":
        addon.status = "DELETED"
        for one in addon.owned():
            del associations_of(addon.cluster)[one.identifier]
        if call.get("preserve"):
            workloads.left_unmanaged(addon.cluster)[addon.name] = addon.version
        else:
            workloads.remove(addon)
    return {"addon": addon.described()}
