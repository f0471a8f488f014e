# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The resources that a component's streams consist of.

Addresses are ``msk_cluster.<stream>`` and ``msk_configuration.<stream>``. One key serves all clusters with brokers of their own; AWS
encrypts serverless ones with a key of its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...aws.place import Place
from ...aws.policies import key_policy
from ...reconcile.model import Resource, ref
from .kinds.msk_cluster import PROVISIONED, SERVERLESS
from .part import tags_of
from .settings.kafka_versions import in_api
from .settings.stream import IN_TRANSIT, LEVELS, Stream

KIND, CONFIGURATION = "msk_cluster", "msk_configuration"
KEY = "kms_key.streams"
"""The component's key for the data of all its streams."""

Streams = Mapping[str, Stream]


def build(streams: Streams, place: Place) -> list[Resource]:
    """Every resource of these streams, which must have passed validate_streams.py."""
    found = [key(place)] if any(not one.serverless and not one.kms_key_arn for one in streams.values()) else []
    for name in sorted(streams):
        one = streams[name]
        found += [serverless(one, place)] if one.serverless else [configuration(one, place), provisioned(one, place)]
    return found


def key(place: Place) -> Resource:
    """Its policy leaves the rest to IAM: MSK uses it through a grant, which whoever creates a cluster makes."""
    properties = {
        "description": f"Streams of {place.environment}/{place.component}",
        "policy": key_policy(place),
        "enable_key_rotation": True,
        "alias": f"alias{place.path}streams",
        "tags": tags_of(place, f"{place.environment}-{place.component}-streams", {}),
    }
    kind, _dot, name = KEY.partition(".")
    return Resource(kind, name, properties)


def configuration(one: Stream, place: Place) -> Resource:
    """Configurations have no tags, so its name begins with what policies admit."""
    properties = {"configuration_name": f"{place.environment}-{place.component}-{one.name}", "options": dict(one.options)}
    return Resource(CONFIGURATION, one.name, properties)


def common(one: Stream, place: Place) -> dict[str, Any]:
    return {
        "cluster_name": one.aws_name,
        "cluster_type": SERVERLESS if one.serverless else PROVISIONED,
        "subnet_ids": list(one.subnet_ids),
        "security_groups": list(one.security_group_ids),
        "tags": tags_of(place, one.aws_name, one.tags),
    }


def serverless(one: Stream, place: Place) -> Resource:
    return Resource(KIND, one.name, common(one, place))


def provisioned(one: Stream, place: Place) -> Resource:
    made = f"{CONFIGURATION}.{one.name}"
    properties = {
        **common(one, place),
        "kms_key_id": one.kms_key_arn or ref(KEY, "arn"),
        "kafka_version": in_api(one.version),
        "instance_type": one.instance_type,
        "broker_count": one.brokers,
        "storage_gib": one.storage_gib,
        "configuration": {"arn": ref(made, "arn"), "revision": ref(made, "revision")},
        "authentication": {"iam": one.auth.iam, "tls": sorted(one.auth.tls), "unauthenticated": one.auth.unauthenticated},
        "client_broker": IN_TRANSIT[one.in_transit],
        "monitoring": LEVELS[one.monitoring],
        "open_monitoring": {"jmx": one.jmx_exporter, "node": one.node_exporter},
    }
    return Resource(KIND, one.name, properties)
