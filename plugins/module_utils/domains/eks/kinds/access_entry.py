# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Access entries: who may log in to an EKS cluster, and with which rights."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ....aws.canonical import sorted_strings
from ....aws.connection import Aws
from ....reconcile.model import Observed, fixed, given, later
from .base import EksKind, Step, eks
from .reads import in_cluster

POLICIES = "eks::aws:cluster-access-policy/"
WHOLE = "cluster"


def scopes(policies: Mapping[str, Any]) -> dict[str, Any]:
    """Access policies by name, each with its namespaces or with the word ``cluster``."""
    return {name: WHOLE if scope == WHOLE else sorted_strings(scope) for name, scope in sorted(policies.items())}


def access_policies(associated: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """The same, from the reply of EKS."""
    return {
        entry["policyArn"].rpartition("/")[2]: WHOLE if entry["accessScope"]["type"] == WHOLE else entry["accessScope"]["namespaces"]
        for entry in associated
    }


class EksAccessEntry(EksKind):
    """Found by the tags of each entry. Entries that EKS creates, for the cluster's creator and for node roles, are not ours.

    If the inventory does describe such an entry, it is taken over, because a principal can have only one entry in a cluster.
    """

    name = "eks_access_entry"
    calls = eks("access_entry", list="list_access_entries", items="accessEntries", name="principalArn")
    operations = ("associate_access_policy", "disassociate_access_policy", "list_associated_access_policies", "update_access_entry")
    settles = ()
    exclusive = True
    adopts_unmarked = True

    cluster_name = fixed()
    principal_arn = fixed()
    type = fixed()
    kubernetes_groups = given(canonical=sorted_strings)
    username = given()
    policies = later(canonical=scopes)

    def described(self, aws: Aws, wanted: Sequence[Mapping[str, str]]) -> list[dict[str, Any]]:
        """Read the entry and its policies in parallel, before its owner is known: that saves one round of calls."""
        asked = [(params, look) for params in wanted for look in (self.describe, self._associated)]
        answers = aws.map(lambda one: one[1](aws, one[0]), asked)
        return [{**raw, "policies": found} for raw, found in zip(answers[::2], answers[1::2], strict=True) if raw is not None]

    @staticmethod
    def _associated(aws: Aws, params: Mapping[str, str]) -> Any:
        return in_cluster(lambda: aws.list_all("eks", "list_associated_access_policies", "associatedAccessPolicies", **params))

    def get_policies(self, raw: Mapping[str, Any]) -> dict[str, Any]:
        return access_policies(raw.get("policies") or [])

    def steps(self, aws: Aws, now: Observed, left: Mapping[str, Any]) -> list[Step]:
        """Groups and name go in one call. Removing the name from the settings leaves it unchanged: EKS cannot restore its own default."""
        parts = {self.api_name(name): value for name, value in left.items() if value is not None}
        if left.get("kubernetes_groups", ()) is None:
            parts["kubernetesGroups"] = []
        return [lambda: aws.change("eks", "update_access_entry", **self.where(now), **parts)] if parts else []

    def set_policies(self, aws: Aws, seen: Observed, value: Mapping[str, Any] | None) -> None:
        """Associate the wanted policies before removing the unwanted ones, so that no one is locked out in between."""
        wanted, have = value or {}, seen.properties.get("policies") or {}
        partition = seen.properties["principal_arn"].split(":")[1]
        for name, scope in wanted.items():
            if scopes({name: have.get(name, [])}) != scopes({name: scope}):
                aws.change(
                    "eks",
                    "associate_access_policy",
                    **self.where(seen),
                    policyArn=f"arn:{partition}:{POLICIES}{name}",
                    accessScope={"type": WHOLE} if scope == WHOLE else {"type": "namespace", "namespaces": list(scope)},
                )
        for name in sorted(set(have) - set(wanted)):
            policy = f"arn:{partition}:{POLICIES}{name}"
            aws.remove("eks", "disassociate_access_policy", **self.where(seen), policyArn=policy)
