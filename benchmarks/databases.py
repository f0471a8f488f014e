"""The databases of a network: the input of both subjects, and how long AWS takes to create one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.mainstay.aws.plugins.module_utils.aws.place import Place
from ansible_collections.mainstay.aws.plugins.module_utils.domains.rds.domain import KINDS
from ansible_collections.mainstay.aws.plugins.module_utils.domains.rds.facts import AwsFacts
from ansible_collections.mainstay.aws.plugins.module_utils.domains.rds.resources import build
from ansible_collections.mainstay.aws.plugins.module_utils.domains.rds.settings.parameters import DEFAULTS, PRELOAD
from ansible_collections.mainstay.aws.plugins.module_utils.domains.rds.validate import validate
from ansible_collections.mainstay.aws.plugins.module_utils.inputs.networks import Network
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.model import Kind, Resource
from rehearsal.extensions.rds_life import KIND, SHARES

VERSION = "17.6"
"""Exact, because the provider treats a major version as a change."""
CLASS = "db.m7g.large"
SIZE, LIMIT = 100, 200
RETENTION_DAYS = 7
MONITORING_INTERVAL = 60
LOG_RETENTION_DAYS = 365
LOG_EXPORTS = ("postgresql", "upgrade")
"""The provider does not accept the third log, of IAM authentication errors."""
STATIC = (PRELOAD,)
"""Parameters that only a restart applies. Terraform needs them named; this collection asks AWS."""

CREATION_SECONDS = {"db_instance": 600.0}
"""AWS's approximate time until an instance accepts connections."""


def names(count: int) -> list[str]:
    return [f"d{number:02}" for number in range(1, count + 1)]


def for_role(count: int) -> dict[str, dict[str, Any]]:
    """This many instances in the input format of the rds role, without what the provider cannot create: see README.md."""
    instance: dict[str, Any] = {
        "version": VERSION,
        "class": CLASS,
        "storage": {"size": SIZE, "autoscale_to": LIMIT},
        "master": {"credentials": "generated"},
        "backups": {"retention_days": RETENTION_DAYS},
        "monitoring": {"interval": MONITORING_INTERVAL, "log_exports": list(LOG_EXPORTS), "log_retention_days": LOG_RETENTION_DAYS},
        "multi_az": True,
        "deletion": {"protection": True},
    }
    return dict.fromkeys(names(count), instance)


def for_terraform(count: int, network: str) -> dict[str, Any]:
    """The same as variables of terraform/main.tf."""
    instance = {
        "version": VERSION,
        "class": CLASS,
        "size": SIZE,
        "limit": LIMIT,
        "retention_days": RETENTION_DAYS,
        "monitoring_interval": MONITORING_INTERVAL,
        "log_exports": list(LOG_EXPORTS),
        "log_retention_days": LOG_RETENTION_DAYS,
        "parameters": {name: {"value": value, "static": name in STATIC} for name, value in DEFAULTS.items()},
    }
    return {"databases": dict.fromkeys(names(count), instance), "database_network": network}


def desired(databases: Mapping[str, Any], place: Place) -> tuple[list[Resource], Mapping[str, Kind]]:
    """The resources that the role builds for these instances, and their kinds. Raises ValueError for input that the role refuses."""
    network = Network(("subnet-1", "subnet-2"), ("sg-1",))
    wanted, problems = validate(databases, "databases", place.environment, place.component, network, place.region)
    if problems:
        raise ValueError("\n".join(problems))
    return build(wanted, place, AwsFacts(), lambda _name: False), KINDS


def transitions(seconds: Mapping[str, float]) -> dict[str, float]:
    """Creation times as the cloud's settings. An instance there still backs up after it accepts connections."""
    others = {kind: time for kind, time in seconds.items() if kind != "db_instance"}
    return {**others, KIND: seconds["db_instance"] / SHARES["creating"]} if "db_instance" in seconds else others
