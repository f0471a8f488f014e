# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Every domain of the collection. To add a domain, name it here; everything else follows from its registration."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from ..component.registration import Details, Registration
from .app_deploy.registration import REGISTRATION as APP_DEPLOY
from .broker_content.registration import REGISTRATION as BROKER_CONTENT
from .cluster_content.registration import REGISTRATION as CLUSTER_CONTENT
from .database_content.registration import REGISTRATION as DATABASE_CONTENT
from .dns.registration import REGISTRATION as DNS
from .eks.registration import REGISTRATION as EKS
from .messaging.registration import REGISTRATION as MESSAGING
from .network.registration import REGISTRATION as NETWORK
from .observability.registration import REGISTRATION as OBSERVABILITY
from .rds.registration import REGISTRATION as RDS
from .redis.registration import REGISTRATION as REDIS
from .repositories.registration import REGISTRATION as REPOSITORIES
from .s3_cdn.registration import REGISTRATION as S3_CDN

DOMAINS: tuple[Registration, ...] = (
    NETWORK,
    DNS,
    EKS,
    CLUSTER_CONTENT,
    RDS,
    DATABASE_CONTENT,
    REDIS,
    MESSAGING,
    BROKER_CONTENT,
    REPOSITORIES,
    S3_CDN,
    APP_DEPLOY,
    OBSERVABILITY,
)
"""In reading order: a domain comes after the domains it depends on."""

SHARED = ("kms_key", "iam_role", "log_group")
"""Kinds that several domains create and that other resources depend on."""


def roles() -> tuple[str, ...]:
    """The collection's roles that create resources. Their names are also names of inventory groups."""
    return tuple(dict.fromkeys(one.role for one in DOMAINS))


def details_of(wanted: Iterable[str]) -> list[Details]:
    """The details of the domains that belong to these roles."""
    names = set(wanted)
    return [one.details for one in DOMAINS if one.role in names]


def order_of_kinds() -> tuple[str, ...]:
    """The names of all kinds in the order in which summaries list them."""
    return tuple(dict.fromkeys((*SHARED, *(name for one in DOMAINS for name in one.order))))


def checks_of(role: str) -> list[Callable[[Mapping[str, Any]], list[str]]]:
    """The functions that check a role's variables: ``role_errors`` in the preflight.py of its domains, imported on demand."""
    return [importlib.import_module(f"..{one.name}.preflight", __name__).role_errors for one in DOMAINS if one.role == role]
