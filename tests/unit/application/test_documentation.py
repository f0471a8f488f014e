# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""docs/applications.md: its examples work, and it names every setting."""

from __future__ import annotations

import re
from typing import Any

import pytest
import yaml

from tests.repository.layout import text

from .made import CIDRS, answer, merged, problems, with_ingress, with_service, with_worker
from .test_jobs import with_cron, with_migration

PAGE = text("docs/applications.md")
BLOCKS = [yaml.safe_load(block) for block in re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)]


def block(key: str) -> dict[str, Any]:
    """The first example with this setting."""
    return dict(next(one for one in BLOCKS if isinstance(one, dict) and key in one))


def test_the_example_of_an_api_and_a_web_server_becomes_what_the_page_says() -> None:
    found = answer(block("ingress"))
    counts: dict[str, int] = {}
    for one in found["objects"]:
        counts[one["kind"]] = counts.get(one["kind"], 0) + 1
    assert counts == {
        "Namespace": 1,
        "ServiceAccount": 1,
        "NetworkPolicy": 5,
        "ConfigMap": 1,
        "ExternalSecret": 1,
        "Deployment": 2,
        "Service": 2,
        "PodDisruptionBudget": 2,
        "HorizontalPodAutoscaler": 1,
        "Ingress": 1,
    }
    assert found["notes"] == []


def test_the_other_examples_are_valid() -> None:
    secrets = {"secrets": block("ingress")["secrets"]}
    assert answer({**block("workers"), **secrets})["migration"]
    assert answer(block("service_account"), cluster={"fargate": True})["objects"]
    probes = with_service(probe=None, probes=block("probes")["probes"])
    assert answer(probes)["objects"]
    entries = {
        "configuration": {"api": {"A": "x"}, "nginx": {"a.conf": "x"}},
        "secrets": {name: {"existing": True} for name in ("session", "app", "certificates")},
    }
    uses = next(one for one in BLOCKS if isinstance(one, dict) and isinstance(one.get("configuration"), list))
    assert answer({**with_service(**uses), **entries})["objects"]


UNKNOWN = {"zzz_unknown": 1}
SETTINGS: list[Any] = [
    ("services", with_service(**UNKNOWN)),
    ("workers", with_worker(**UNKNOWN)),
    ("cron jobs", with_cron(**UNKNOWN)),
    ("the migration", with_migration(**UNKNOWN)),
    ("the ingress", with_ingress(**UNKNOWN)),
    ("its health check", with_ingress(health=UNKNOWN)),
    ("the network", {**with_service(), "network": {**CIDRS, **UNKNOWN}}),
    ("the service account", {**with_service(), "service_account": UNKNOWN}),
    ("logging", {**with_service(), "logging": UNKNOWN}),
    ("secrets", {**with_service(), "secrets": {"a": merged({"external": {"store": "a", "key": "b"}}, UNKNOWN)}}),
    ("external secrets", {**with_service(), "secrets": {"a": {"external": {"store": "a", "key": "b", **UNKNOWN}}}}),
    ("CSI secrets", {**with_service(), "service_account": "a", "secrets": {"a": {"csi": {"key": "b", **UNKNOWN}}}}),
    ("an application", {**with_service(), **UNKNOWN}),
]


@pytest.mark.parametrize("settings", [one[1] for one in SETTINGS], ids=[one[0] for one in SETTINGS])
def test_the_page_names_every_setting(settings: dict[str, Any]) -> None:
    (message,) = problems(settings)
    names = message.partition("valid names are ")[2].split(", ")
    missing = [name for name in names if not re.search(rf"\b{name}\b", PAGE)]
    assert (len(names) > 2, missing) == (True, [])
