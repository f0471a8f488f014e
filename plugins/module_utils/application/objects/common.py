# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What all objects of an application have: their metadata and labels. Pure functions."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ...cluster_objects.manifest import Marks
from ..settings.facts import Facts

Manifest = dict[str, Any]
OURS = "app.kubernetes.io/"
MANAGED_BY = "mainstay.aws"
RUNNING = ("Deployment", "CronJob", "Job")
NOT_IN_LABELS = re.compile(r"[^A-Za-z0-9_.-]")


def label_value(text: str) -> str:
    """A text as the value of a label: a version such as 1.4.2+5 has characters that labels must not have."""
    return NOT_IN_LABELS.sub("_", text)[:63].strip("_.-")


def selector(facts: Facts, name: str) -> dict[str, str]:
    """The labels by which a workload's pods are found. They never change: a Deployment's selector is immutable."""
    return {f"{OURS}name": name, f"{OURS}instance": facts.name}


def common_labels(facts: Facts, name: str, part: str) -> dict[str, str]:
    return {**selector(facts, name), f"{OURS}component": part, f"{OURS}part-of": facts.name}


def pod_labels(facts: Facts, name: str, part: str) -> dict[str, str]:
    """The labels of pods and of what runs them. Only these have the version: what else a release leaves as it is shows no change."""
    version = label_value(facts.version)
    return {**common_labels(facts, name, part), **({f"{OURS}version": version} if version else {})}


def owner_labels(facts: Facts) -> dict[str, str]:
    """The labels that say which component an object belongs to."""
    scope = Marks(facts.environment, facts.name).scope()
    return {f"{OURS}managed-by": MANAGED_BY, **{name: value for name, value in scope.items() if value}}


def made(
    facts: Facts, api_version: str, kind: str, name: str, part: str, annotations: Mapping[str, str] | None = None, **fields: Any
) -> Manifest:
    """One object in the application's namespace. ``part``: what it is in the application, such as service."""
    labels = pod_labels(facts, name, part) if kind in RUNNING else common_labels(facts, name, part)
    metadata: Manifest = {"name": name, "namespace": facts.namespace, "labels": {**labels, **owner_labels(facts)}}
    if annotations:
        metadata["annotations"] = dict(annotations)
    return {"apiVersion": api_version, "kind": kind, "metadata": metadata, **fields}
