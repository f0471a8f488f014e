# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The smallest resource of each kind of a stream, for tests that create, change and delete one of each kind."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ...aws.operations import Operation
from ...aws.place import Place
from ...aws.samples import Drift, Sample
from ...kinds.samples import NAME, VPC, log_group, plain_secret, security_group, subnets
from ...reconcile.model import Observed, Resource, ref
from .kinds.msk_cluster import PROVISIONED
from .kinds.stream_log_group import PREFIX
from .kinds.stream_secret import secret_name
from .resources_streams import CONFIGURATION, KIND, LOG_GROUP, SECRET


def samples(place: Place) -> tuple[Sample, ...]:
    return log_group(place, LOG_GROUP, PREFIX), secret(place), configuration(place), cluster(place)


def secret(place: Place) -> Sample:
    plain = plain_secret(place)
    return replace(
        plain, resource=Resource(SECRET, NAME, {**plain.resource.properties, "secret_name": secret_name(place.owner, NAME, "one")})
    )


def configuration_resource(place: Place) -> Resource:
    properties = {"configuration_name": f"{place.environment}-{place.component}-{NAME}", "options": {"num.partitions": "3"}}
    return Resource(CONFIGURATION, NAME, properties)


def configuration(place: Place) -> Sample:
    return Sample(
        configuration_resource(place),
        change={"options": {"num.partitions": "6"}},
        drift=Drift(Operation("kafka", "update_configuration"), _by_hand(place), "options"),
    )


def _by_hand(place: Place) -> Any:
    """The mark stays: without its description, a revision would be nobody's."""
    says = f"mainstay {place.environment}/{place.component} {CONFIGURATION}.{NAME}"
    return lambda one: {"Arn": one.id, "ServerProperties": b"num.partitions = 9\n", "Description": says}


def cluster_resource(place: Place) -> Resource:
    made = configuration_resource(place)
    properties = {
        "cluster_name": NAME,
        "cluster_type": PROVISIONED,
        "subnet_ids": [ref(one.address) for one in subnets(place)],
        "security_groups": [ref(security_group().resource.address)],
        "kafka_version": "3.9.x.kraft",
        "instance_type": "kafka.t3.small",
        "broker_count": len(subnets(place)),
        "storage_gib": 10,
        "configuration": {"arn": ref(made.address, "arn"), "revision": ref(made.address, "revision")},
        "authentication": {"iam": True, "scram": False, "tls": [], "unauthenticated": False},
        "client_broker": "TLS",
        "monitoring": "DEFAULT",
    }
    return Resource(KIND, NAME, properties)


def cluster(place: Place) -> Sample:
    """Its storage cannot shrink, so its type changes."""
    return Sample(
        cluster_resource(place),
        needs=(VPC, *subnets(place), security_group().resource, configuration_resource(place)),
        change={"instance_type": "kafka.m7g.large"},
        drift=Drift(Operation("kafka", "update_monitoring"), _monitored, "monitoring"),
    )


def _monitored(one: Observed) -> dict[str, Any]:
    return {"ClusterArn": one.id, "CurrentVersion": one.attributes["version"], "EnhancedMonitoring": "PER_BROKER"}
