# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Fargate profiles: which pods run on Fargate."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ....aws.canonical import sorted_strings
from ....reconcile.model import fixed
from .base import EksKind, eks


def canonical_selectors(given: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Selectors in a fixed order, without empty labels."""
    found = [{"namespace": one["namespace"], **({"labels": dict(one["labels"])} if one.get("labels") else {})} for one in given]
    return sorted(found, key=lambda one: (one["namespace"], sorted(one.get("labels", {}).items())))


class EksFargateProfile(EksKind):
    """Only the tags of a profile can be changed. A cluster creates and deletes one profile at a time."""

    name = "eks_fargate_profile"
    calls = eks("fargate_profile", items="fargateProfileNames")
    settles = ("delete",)
    states = {"creating": "pending", "deleting": "deleting", "create_failed": "failed"}
    timeout = 1200.0

    cluster_name = fixed()
    fargate_profile_name = fixed()
    pod_execution_role_arn = fixed()
    subnet_ids = fixed("subnets", canonical=sorted_strings)
    selectors = fixed(canonical=canonical_selectors)

    def serialize_by(self, properties: Mapping[str, Any]) -> str | None:
        return f"fargate profiles of {properties.get('cluster_name')}"
