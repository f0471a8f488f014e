# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Releases of node images: pinned, newest within a window, and how old they are."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from ansible_collections.mainstay.aws.plugins.module_utils.domains.eks.judge import objections
from ansible_collections.mainstay.aws.plugins.module_utils.domains.eks.patching import due, release_notes, with_releases
from ansible_collections.mainstay.aws.plugins.module_utils.domains.eks.settings.releases import (
    age,
    image_of,
    newest_of,
    release_of,
    wrong_release,
)
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.model import Observed
from tests.unit.domains.eks.samples import cluster, complaints, known

AMAZON, BOTTLEROCKET = "AL2023_x86_64_STANDARD", "BOTTLEROCKET_x86_64"
SUNDAY, MONDAY = datetime(2026, 11, 29, 3, tzinfo=UTC), datetime(2026, 11, 30, 3, tzinfo=UTC)
WINDOW = "sun:02:00-sun:05:00"
OLD, NEW = "1.36.0-20260930", "1.36.0-20261112"
NEWEST = {(AMAZON, "1.36"): NEW}


def group(**more: Any) -> dict[str, Any]:
    return {"node_groups": {"system": more}}


def running(release: str) -> Observed:
    return Observed("eks_nodegroup", "eks_nodegroup.main/system", "1", {"release_version": release, "version": "1.36"})


@pytest.mark.parametrize(
    ("release", "ami_type", "expected"),
    [
        (NEW, AMAZON, ""),
        ("1.59.1-8d3b60e5", BOTTLEROCKET, ""),
        ("1.35.2-20261112", AMAZON, "that is a release of Kubernetes 1.35, and the cluster has 1.36; name one of 1.36, or newest"),
        ("1.37.0-20261112", AMAZON, "that is a release of Kubernetes 1.37, and the cluster has 1.36; name one of 1.36, or newest"),
        ("1.59.1-8d3b60e5", AMAZON, "a release of AL2023_x86_64_STANDARD looks like 1.36.0-20261112; name one, or newest"),
        (NEW, BOTTLEROCKET, "a release of BOTTLEROCKET_x86_64 looks like 1.59.1-8d3b60e5; name one, or newest"),
        ("latest", AMAZON, "a release of AL2023_x86_64_STANDARD looks like 1.36.0-20261112; name one, or newest"),
        ("ami-0123456789abcdef0", AMAZON, "a release of AL2023_x86_64_STANDARD looks like 1.36.0-20261112; name one, or newest"),
        ("1.36.0-20261399", AMAZON, "20261399 is no date; a release looks like 1.36.0-20261112"),
    ],
)
def test_pinned_releases(release: str, ami_type: str, expected: str) -> None:
    assert wrong_release(release, ami_type, "1.36") == expected


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({"release_version": "1.35.2-20261112"}, "release_version is '1.35.2-20261112', but that is a release of Kubernetes 1.35"),
        ({"release_version": "newest", "maintenance_window": "sunday"}, "maintenance_window is 'sunday', but it must be a weekly window"),
        ({"release_version": "newest", "maintenance_window": "sun:02:00-sun:02:10"}, "but it must last at least 30 minutes"),
        ({"maintenance_window": WINDOW}, f"maintenance_window is '{WINDOW}', but nodes get a newer release in it only with"),
        ({"release_version": NEW, "maintenance_window": WINDOW}, "but nodes get a newer release in it only with release_version: newest"),
    ],
)
def test_refused(more: dict[str, Any], expected: str) -> None:
    assert [expected in text for text in complaints(**group(**more))] == [True]


@pytest.mark.parametrize(
    ("more", "now", "facts", "observed", "expected"),
    [
        ({"release_version": "newest"}, MONDAY, NEWEST, OLD, NEW),
        ({"release_version": "newest"}, MONDAY, NEWEST, "", NEW),
        ({"release_version": "newest", "maintenance_window": WINDOW}, SUNDAY, NEWEST, OLD, NEW),
        ({"release_version": "newest", "maintenance_window": WINDOW}, MONDAY, None, OLD, None),
        ({"release_version": "newest", "maintenance_window": WINDOW}, MONDAY, None, "", None),
        ({"release_version": "newest"}, MONDAY, {(AMAZON, "1.36"): OLD}, NEW, NEW),
        ({"release_version": "newest"}, MONDAY, NEWEST, "1.35.2-20261120", NEW),
        ({"release_version": OLD}, MONDAY, None, OLD, OLD),
        ({}, SUNDAY, None, OLD, None),
    ],
)
def test_which_release_a_group_gets(
    more: dict[str, Any], now: datetime, facts: dict[tuple[str, str], str] | None, observed: str, expected: str | None
) -> None:
    clusters = {"main": cluster(**group(**more))}
    assert bool(due(clusters, now)) == (facts is not None)
    there = known(*([running(observed)] if observed else []), releases=facts)
    assert with_releases(clusters, there, now)["main"].node_groups["system"].release_version == expected


@pytest.mark.parametrize(
    ("more", "now", "expected"),
    [
        ({}, MONDAY, f"system run {OLD}, 61 days old"),
        ({"release_version": OLD}, MONDAY, f"system run {OLD}, 61 days old (pinned)"),
        ({"release_version": "newest"}, MONDAY, f"system run {OLD}, 61 days old (this run applies {NEW})"),
        (
            {"release_version": "newest", "maintenance_window": WINDOW},
            MONDAY,
            f"system run {OLD}, 61 days old (the newest release is applied in {WINDOW} UTC)",
        ),
    ],
)
def test_what_a_plan_says(more: dict[str, Any], now: datetime, expected: str) -> None:
    clusters = {"main": cluster(**group(**more))}
    assert release_notes(clusters, known(running(OLD), releases=NEWEST), now) == [f"main: nodes of {expected}"]
    assert release_notes(clusters, known(), now) == []


def test_an_earlier_release_is_refused() -> None:
    found = objections({"main": cluster(**group(release_version=OLD))}, known(running(NEW)), lambda _address: True)
    assert [text for text in found if "release_version" in text] == [
        f"eks_clusters.main.node_groups.system.release_version is '{OLD}', but its nodes run {NEW}, and EKS does not go back to an earlier "
        f"release; name {NEW} or a later one, or newest"
    ]


def test_an_image_that_aws_does_not_publish() -> None:
    found = objections({"main": cluster(**group(release_version="newest"))}, known(releases={}), lambda _address: True)
    assert [text for text in found if "publishes no image of AL2023_x86_64_STANDARD for Kubernetes 1.36" in text]


@pytest.mark.parametrize(
    ("ami_type", "expected"),
    [
        (AMAZON, "amazon-eks-node-al2023-x86_64-standard-1.36-v20261112"),
        ("AL2023_ARM_64_NVIDIA", "amazon-eks-node-al2023-arm64-nvidia-1.36-v20261112"),
        (BOTTLEROCKET, "bottlerocket-aws-k8s-1.36-x86_64-v1.36.0-20261112"),
        ("BOTTLEROCKET_ARM_64_FIPS", "bottlerocket-aws-k8s-1.36-fips-arm64-v1.36.0-20261112"),
    ],
)
def test_names_of_images(ami_type: str, expected: str) -> None:
    assert image_of(ami_type, "1.36", NEW) == expected


def image(name: str, created: str, patch: str = "1.36.0") -> dict[str, str]:
    return {
        "Name": name,
        "CreationDate": f"{created}T10:00:00.000Z",
        "Description": f"Amazon Linux 2023, (k8s: {patch}, containerd: 2.1.*)",
    }


def test_the_newest_release_is_of_the_image_and_a_day_old() -> None:
    begin = "amazon-eks-node-al2023-x86_64-standard-1.36-v"
    images = [
        image(f"{begin}20260930", "2026-09-30"),
        image(f"{begin}20261112", "2026-11-12"),
        image(f"{begin}20261130", "2026-11-30"),
        image("amazon-eks-node-al2023-x86_64-nvidia-1.36-v20261120", "2026-11-20"),
        image("bottlerocket-aws-k8s-1.36-x86_64-v1.9.0-4f2a7c91", "2026-10-01"),
        image("bottlerocket-aws-k8s-1.36-x86_64-v1.10.0-8d3b60e5", "2026-11-01"),
    ]
    wanted = [(AMAZON, "1.36"), (BOTTLEROCKET, "1.36"), ("AL2023_ARM_64_STANDARD", "1.36")]
    assert newest_of(images, wanted, MONDAY) == {(AMAZON, "1.36"): NEW, (BOTTLEROCKET, "1.36"): "1.10.0-8d3b60e5"}
    assert release_of({"Name": "my-image"}) == ""


def test_age() -> None:
    assert age(NEW, date(2026, 11, 13)) == f"{NEW}, 1 day old"
    assert age("1.59.1-8d3b60e5", date(2026, 11, 13)) == "1.59.1-8d3b60e5"
