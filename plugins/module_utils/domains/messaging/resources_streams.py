# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The resources that a component's streams consist of.

Addresses are ``msk_cluster.<stream>``, ``msk_configuration.<stream>``, ``stream_log_group.<stream>``, and
``stream_secret.<stream>/<user>``. One key serves all clusters with brokers of their own; AWS has one for serverless ones.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ...aws.place import Place
from ...reconcile.model import Resource, ref
from .kinds.msk_cluster import PROVISIONED, SERVERLESS
from .kinds.stream_log_group import PREFIX, log_group_name
from .kinds.stream_secret import secret_name
from .part import key_of, tags_of
from .settings.kafka_versions import in_api
from .settings.stream import IN_TRANSIT, LEVELS, Stream
from .settings.topic import Topic

KIND, CONFIGURATION = "msk_cluster", "msk_configuration"
LOG_GROUP, SECRET = "stream_log_group", "stream_secret"
KEY = "kms_key.streams"
"""The component's key for the data, logs, and secrets of all its streams."""

Streams = Mapping[str, Stream]


def build(streams: Streams, place: Place) -> list[Resource]:
    """Every resource of these streams, which must have passed validate_streams.py."""
    found = [key(place)] if any(map(needs_key, streams.values())) else []
    for name in sorted(streams):
        one = streams[name]
        found += [serverless(one, place)] if one.serverless else [*parts(one, place), provisioned(one, place)]
    return found


def needs_key(one: Stream) -> bool:
    return not one.serverless and bool(not one.kms_key_arn or one.broker_logs or one.auth.scram)


def parts(one: Stream, place: Place) -> Iterator[Resource]:
    """What a cluster with brokers of its own refers to."""
    yield configuration(one, place)
    if one.broker_logs:
        properties = {
            "log_group_name": log_group_name(one.aws_name),
            "kms_key_id": ref(KEY, "arn"),
            "retention_in_days": one.retention_days,
            "tags": tags_of(place, f"{one.aws_name}-broker", one.tags),
        }
        yield Resource(LOG_GROUP, one.name, properties)
    for user, rotation in sorted(one.auth.scram.items()):
        properties = {
            "secret_name": secret_name(place.owner, one.name, user),
            "description": f"The user {user} of {one.aws_name}",
            "kms_key_id": ref(KEY, "arn"),
            "content": {"username": user},
            "rotation": rotation,
            "deletion_date": None,
            "tags": tags_of(place, f"{one.aws_name}-{user}", one.tags),
        }
        yield Resource(SECRET, f"{one.name}/{user}", properties)


def key(place: Place) -> Resource:
    """Its policy leaves the rest to IAM: MSK uses it through a grant, which whoever creates a cluster makes."""
    return key_of(place, "streams", f"{PREFIX}*")


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


def topic_of(one: Topic) -> dict[str, Any]:
    return {"partitions": one.partitions, "replication": one.replication, "configuration": dict(one.configuration)}


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
        "authentication": {
            "iam": one.auth.iam,
            "scram": bool(one.auth.scram),
            "tls": sorted(one.auth.tls),
            "unauthenticated": one.auth.unauthenticated,
        },
        "broker_log_group": ref(f"{LOG_GROUP}.{one.name}") if one.broker_logs else "",
        "scram_secrets": [ref(f"{SECRET}.{one.name}/{user}", "arn") for user in sorted(one.auth.scram)],
        "client_broker": IN_TRANSIT[one.in_transit],
        "monitoring": LEVELS[one.monitoring],
        "open_monitoring": {"jmx": one.jmx_exporter, "node": one.node_exporter},
        **({"topics": {name: topic_of(one.topics[name]) for name in sorted(one.topics)}} if one.topics else {}),
    }
    return Resource(KIND, one.name, properties)
