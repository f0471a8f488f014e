# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Which set of alarms each type of item gets."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from ..alarms.model import Alarm
from ..platform import Platform
from .applications import application_alarms
from .caches import cache_alarms
from .clusters import cluster_alarms, node_group_alarms
from .databases import database_alarms
from .keeping import backup_alarms, bucket_alarms, certificate_alarms
from .messaging import broker_alarms, queue_alarms, stream_alarms
from .traffic import distribution_alarms, health_check_alarms, load_balancer_alarms, nat_gateway_alarms, web_acl_alarms

SETS: Mapping[str, Callable[[Any, Platform], Iterator[Alarm]]] = {
    "databases": database_alarms,
    "caches": cache_alarms,
    "queues": queue_alarms,
    "brokers": broker_alarms,
    "streams": stream_alarms,
    "load_balancers": load_balancer_alarms,
    "clusters": cluster_alarms,
    "node_groups": node_group_alarms,
    "nat_gateways": nat_gateway_alarms,
    "distributions": distribution_alarms,
    "web_acls": web_acl_alarms,
    "certificates": certificate_alarms,
    "buckets": bucket_alarms,
    "backups": backup_alarms,
    "health_checks": health_check_alarms,
    "applications": application_alarms,
}
"""Field of Platform -> alarms of one of its items."""


def metric_alarms(platform: Platform) -> Iterator[Alarm]:
    """The alarms on single metrics of everything in the platform, as its filter has them, before any override."""
    for section, item in platform.items():
        yield from SETS[section](item, platform)
