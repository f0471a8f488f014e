# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Add-ons of EKS clusters."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from ....aws.connection import Aws
from ....reconcile.model import Observed, fixed, given, initial
from .base import EksKind, Step, eks
from .pod_identity import associations, described_association


def document(text: str | None) -> Any:
    """The parsed configuration of an add-on. Text other than JSON (EKS accepts YAML too) stays unchanged and differs from any of ours."""
    if not text:
        return None
    try:
        return json.loads(text) or None
    except ValueError:
        return text


class EksAddon(EksKind):
    """A DEGRADED add-on counts as existing: it is never replaced for that, and only the run that created or changed it waits for it.

    It gets its AWS rights from an EKS Pod Identity association that belongs to the add-on: EKS creates and removes it.
    """

    name = "eks_addon"
    calls = eks("addon")
    operations = ("describe_pod_identity_association", "list_pod_identity_associations", "update_addon")
    states = {"creating": "pending", "updating": "pending", "deleting": "deleting", "create_failed": "failed"}
    timeout = 1200.0
    serialized = ("update",)
    deleted_after = ("eks_nodegroup",)

    cluster_name = fixed()
    addon_name = fixed()
    addon_version = given()
    configuration = given("configurationValues", canonical=lambda value: value or None)
    pod_identity_role_arn = given()
    pod_identity_service_account = given()
    resolve_conflicts = initial()

    def in_clusters(self, aws: Aws, clusters: Sequence[str]) -> list[dict[str, Any]]:
        """Two rounds of calls: the lists of add-ons and associations, then each add-on and each association that belongs to one."""
        if not clusters:
            return []
        addons = self.listed_in(aws, clusters)
        owned = [(one["clusterName"], one["associationId"]) for one in associations(aws, clusters) if one.get("ownerArn")]
        wanted = [(self._addon, pair) for pair in addons] + [(described_association, pair) for pair in owned]
        answers = aws.map(lambda one: one[0](aws, *one[1]), wanted)
        found = [answer for answer in answers[len(addons) :] if answer]
        return [
            {**raw, "associations": [one for one in found if one.get("ownerArn") == raw["addonArn"]]}
            for raw in answers[: len(addons)]
            if raw
        ]

    def _addon(self, aws: Aws, cluster: str, name: str) -> dict[str, Any] | None:
        return self.describe(aws, {"clusterName": cluster, "addonName": name})

    def described(self, aws: Aws, wanted: Sequence[Mapping[str, str]]) -> list[dict[str, Any]]:
        raws = super().described(aws, wanted)
        owned = [
            (raw["addonArn"], raw["clusterName"], arn.rpartition("/")[2])
            for raw in raws
            for arn in raw.get("podIdentityAssociations") or []
        ]
        answers = aws.map(lambda one: described_association(aws, one[1], one[2]), owned)
        reported = [(owner, answer) for (owner, _cluster, _id), answer in zip(owned, answers, strict=True) if answer]
        return [{**raw, "associations": [answer for owner, answer in reported if owner == raw["addonArn"]]} for raw in raws]

    def get_configuration(self, raw: Mapping[str, Any]) -> Any:
        return document(raw.get("configurationValues"))

    def get_pod_identity_role_arn(self, raw: Mapping[str, Any]) -> str | None:
        return _joined(raw, "roleArn")

    def get_pod_identity_service_account(self, raw: Mapping[str, Any]) -> str | None:
        return _joined(raw, "serviceAccount")

    def get_resolve_conflicts(self, _raw: Mapping[str, Any]) -> None:
        return None

    def attributes(self, raw: Mapping[str, Any]) -> dict[str, Any]:
        return {
            "arn": raw.get("addonArn"),
            "service_account_role_arn": raw.get("serviceAccountRoleArn"),
            "degraded": raw.get("status") == "DEGRADED",
        }

    def read(self, aws: Aws, seen: Observed) -> Observed | None:
        """While a run waits for it, a DEGRADED add-on is not ready yet: its pods may still start."""
        found = super().read(aws, seen)
        return replace(found, state="pending") if found and found.attributes["degraded"] else found

    def request(self, properties: Mapping[str, Any]) -> dict[str, Any]:
        request = {"clusterName": properties["cluster_name"], "addonName": properties["addon_name"], **_content(properties)}
        return {**request, "resolveConflicts": properties.get("resolve_conflicts") or "OVERWRITE"}

    def steps(self, aws: Aws, now: Observed, left: Mapping[str, Any]) -> list[Step]:
        """One call with all settings: EKS picks its own value for any that are omitted. What others set in the cluster is preserved."""
        wanted = {**now.properties, **left}
        content = {"configurationValues": "{}", "podIdentityAssociations": [], **_content(wanted)}
        if (role := now.attributes.get("service_account_role_arn")) and not content["podIdentityAssociations"]:
            content["serviceAccountRoleArn"] = role
        return [lambda: aws.change("eks", "update_addon", **self.where(now), **content, resolveConflicts="PRESERVE")]

    def delete(self, aws: Aws, seen: Observed) -> None:
        aws.remove("eks", "delete_addon", **self.where(seen), preserve=False)


def _joined(raw: Mapping[str, Any], name: str) -> str | None:
    """A field of the add-on's only association. Several are joined into a value that matches none of them: the surplus is drift."""
    return ", ".join(sorted(str(one[name]) for one in raw.get("associations") or [])) or None


def _content(properties: Mapping[str, Any]) -> dict[str, Any]:
    """The settings of an add-on, in the form that the create and update calls take."""
    role, account = properties.get("pod_identity_role_arn"), properties.get("pod_identity_service_account")
    configuration = properties.get("configuration")
    content = {
        "addonVersion": properties.get("addon_version"),
        "configurationValues": json.dumps(configuration, sort_keys=True) if configuration else None,
        "podIdentityAssociations": [{"serviceAccount": account, "roleArn": role}] if role and account else None,
    }
    return {name: value for name, value in content.items() if value is not None}
