# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""All errors in streams that can be found before the first API call."""

from __future__ import annotations

from collections.abc import Mapping

from ...component.names import PRODUCTION
from ...inputs.problems import Problems
from ...reconcile.model import is_unknown
from .settings.broker import MOST_GROUPS
from .settings.stream import SMALLEST, TLS_PLAINTEXT, Stream
from .settings.topic import IN_SYNC, partitions_per_broker
from .validate_brokers import NO_NETWORK

FEWEST_ZONES = 2


def check_streams(streams: Mapping[str, Stream], environment: str, problems: Problems) -> None:
    taken: dict[str, str] = {}
    for one in streams.values():
        if one.aws_name in taken:
            remedy = f"{taken[one.aws_name]} already has that name; choose another one for one of them"
            problems.add(f"{one.path}.cluster_name", one.aws_name, remedy)
        taken.setdefault(one.aws_name, one.path)
        check_place(one, problems)
        if not one.serverless:
            check_brokers_of(one, environment, problems)
            check_auth(one, problems)
            check_topics(one, problems)


def check_place(one: Stream, problems: Problems) -> None:
    at, zones = f"{one.path}.subnet_ids", list(one.subnet_zones)
    if not one.subnet_ids:
        problems.missing(at, f"{NO_NETWORK} subnets")
    elif len(one.subnet_ids) < FEWEST_ZONES:
        problems.add(at, list(one.subnet_ids), f"MSK needs subnets in at least {FEWEST_ZONES} zones; list one in each")
    elif len(set(zones)) < len(zones) and not is_unknown(zones):
        problems.add(at, list(one.subnet_ids), "two are in one zone, and a cluster has one subnet in each; remove one")
    at = f"{one.path}.security_group_ids"
    if not one.security_group_ids:
        problems.missing(at, f"{NO_NETWORK} security groups")
    elif len(one.security_group_ids) > MOST_GROUPS:
        remedy = f"MSK takes at most {MOST_GROUPS}; remove {len(one.security_group_ids) - MOST_GROUPS}"
        problems.add(at, list(one.security_group_ids), remedy)


def check_brokers_of(one: Stream, environment: str, problems: Problems) -> None:
    zones = len(one.subnet_ids)
    not_looked_up = is_unknown(one.subnet_ids) and not one.subnet_zones
    if zones >= FEWEST_ZONES and one.brokers % zones and not not_looked_up:
        below = one.brokers - one.brokers % zones
        nearest = f"{below} or {below + zones}" if below else zones
        problems.add(f"{one.path}.brokers", one.brokers, f"each of its {zones} zones has equally many; set {nearest}")
    if environment in PRODUCTION and one.instance_type == SMALLEST:
        remedy = f"MSK recommends it for tests only, and this is {environment}; set a larger type"
        problems.add(f"{one.path}.instance_type", one.instance_type, remedy)


def check_auth(one: Stream, problems: Problems) -> None:
    """MSK Developer Guide, "Update security settings of a cluster": traffic in plain text is that of clients that do not log in."""
    if not one.auth.any:
        problems.messages.append(f"{one.path}.auth lets nobody in; set iam, tls, or unauthenticated")
    if one.in_transit == TLS_PLAINTEXT and not one.auth.unauthenticated:
        remedy = "only clients that do not log in use plain text; set auth.unauthenticated: true, or in_transit: tls"
        problems.add(f"{one.path}.in_transit", one.in_transit, remedy)


def check_topics(one: Stream, problems: Problems) -> None:
    alike: dict[str, str] = {}
    for topic in one.topics.values():
        other = alike.setdefault(topic.name.replace(".", "_"), topic.name)
        if other != topic.name:
            remedy = f"Kafka takes it for {other}, since metrics write . as _; choose another name for one of them"
            problems.add(f"{one.path}.topics", topic.name, remedy)
        if topic.replication > one.brokers and topic.own_replication:
            remedy = f"each replica is on another broker, and there are {one.brokers}; set at most {one.brokers}"
            problems.add(f"{topic.path}.replication", topic.replication, remedy)
        in_sync = topic.configuration.get(IN_SYNC, "1")
        if not in_sync.isdigit() or not 1 <= int(in_sync) <= topic.replication:
            remedy = f"it must be a whole number from 1 to {topic.replication}, the replicas: otherwise nobody could write to it"
            problems.add(f"{topic.path}.configuration.{IN_SYNC}", in_sync, remedy)
    check_partitions(one, problems)


def check_partitions(one: Stream, problems: Problems) -> None:
    """Those of the described topics; what applications make beside them is not known here."""
    room = one.brokers * partitions_per_broker(one.instance_type)
    wanted = sum(topic.partitions * topic.replication for topic in one.topics.values())
    if one.instance_type and wanted > room:
        problems.messages.append(
            f"{one.path}.topics have {wanted} partitions with their replicas, but {one.brokers} brokers of {one.instance_type} can have at "
            f"most {room} and still be updated; describe fewer partitions, more brokers, or a larger type"
        )
