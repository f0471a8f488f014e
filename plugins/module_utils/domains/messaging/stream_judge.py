# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What is refused about streams because of what exists or what MSK offers, and what a plan says beside its actions. Pure functions."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Any

from ...reconcile.model import Observed
from .settings.kafka_versions import has_kraft, in_api, kept, minor_of, number
from .settings.stream import Stream
from .settings.topic import Topic

SMALLEST_STEP = 10
"""GiB by which storage grows at least (UpdateBrokerStorage)."""


def present_of(observed: Sequence[Observed]) -> dict[str, Observed]:
    return {seen.address.partition(".")[2]: seen for seen in observed if seen.kind == "msk_cluster" and seen.state in ("ready", "pending")}


def objections(
    streams: Mapping[str, Stream], observed: Sequence[Observed], offered: Collection[str], may_upgrade: Callable[[str], bool]
) -> list[str]:
    """One sentence for each reason to refuse the run. ``offered``: the versions that MSK offers here, as the API names them."""
    there = present_of(observed)
    provisioned = [streams[name] for name in sorted(streams) if not streams[name].serverless]
    return [
        text
        for one in provisioned
        for text in (
            *of_version(one, there.get(one.name), offered, may_upgrade(one.name)),
            *of_size(one, there.get(one.name)),
            *of_topics(one, there.get(one.name)),
        )
    ]


def of_version(one: Stream, present: Observed | None, offered: Collection[str], consent: bool) -> Iterator[str]:
    runs, at = str(present.properties.get("kafka_version") or "") if present else "", f"{one.path}.version"
    wanted = in_api(one.version)
    if runs == wanted:
        return
    if runs and not has_kraft(runs):
        yield f"{at} is '{one.version}', but the cluster runs {runs} with ZooKeeper, which cannot be changed; make another cluster"
    elif runs and kept(wanted, runs) == runs:
        return
    elif wanted not in offered:
        known = ", ".join(minor_of(one) for one in sorted(filter(has_kraft, offered), key=number)) or "none"
        yield f"{at} is '{one.version}', but MSK offers these versions with KRaft here: {known}"
    elif runs and not consent:
        yield (
            f"{one.path} would be upgraded from Kafka {minor_of(runs)} to {one.version}, broker by broker, and there is no way back; name "
            f'{one.name} in messaging_allow_upgrade (allow_upgrade of the module) for this run, or set version: "{minor_of(runs)}"'
        )


def of_size(one: Stream, present: Observed | None) -> Iterator[str]:
    """MSK Developer Guide, "Remove a broker": only those without partitions go, and moving those is up to a client of Kafka."""
    if present is None:
        return
    brokers, room = int(present.properties.get("broker_count") or 0), int(present.properties.get("storage_gib") or 0)
    if one.brokers < brokers:
        yield (
            f"{one.path}.brokers is {one.brokers}, but it has {brokers}, and this role removes none, since their partitions must be moved "
            f"first; set {brokers}"
        )
    if room < one.storage_gib < room + SMALLEST_STEP:
        yield (
            f"{one.path}.storage_gib is {one.storage_gib}, but it has {room}, and MSK adds at least {SMALLEST_STEP}; set {room}, or at "
            f"least {room + SMALLEST_STEP}"
        )


def topics_in(present: Observed | None) -> Mapping[str, Any]:
    return (present.properties.get("topics") if present else None) or {}


def of_topics(one: Stream, present: Observed | None) -> Iterator[str]:
    """Kafka removes no partitions, and MSK's API moves no replicas."""
    for topic in one.topics.values():
        there = topics_in(present).get(topic.name)
        if there and topic.partitions < there["partitions"]:
            yield (
                f"{topic.path}.partitions is {topic.partitions}, but the topic has {there['partitions']}, and Kafka removes none; set "
                f"{there['partitions']}, or describe a topic of another name"
            )
        if there and topic.own_replication and topic.replication != there["replication"]:
            yield (
                f"{topic.path}.replication is {topic.replication}, but the topic has {there['replication']}, and MSK's API cannot change "
                f"that; set {there['replication']}, or move its replicas with a client of Kafka first"
            )


def notes(streams: Mapping[str, Stream], observed: Sequence[Observed]) -> list[str]:
    there = present_of(observed)
    return [f"{name}: {text}" for name in sorted(streams) for text in of_stream(streams[name], there.get(name))]


def of_stream(one: Stream, present: Observed | None) -> Iterator[str]:
    if one.auth.unauthenticated:
        yield "whoever reaches it can read and write all of it: auth.unauthenticated is true"
    if present is None or one.serverless:
        return
    runs, room = str(present.properties.get("kafka_version") or ""), int(present.properties.get("storage_gib") or 0)
    if runs and number(runs) > number(one.version):
        yield f"it runs Kafka {minor_of(runs)}, later than {one.path}.version; there is no way back"
    if room > one.storage_gib:
        yield f"it has {room} GiB for each broker, more than {one.path}.storage_gib; storage never shrinks"
    if one.topics and "topics" not in present.properties:
        yield "its topics cannot be read while MSK changes it; a run waits for the end of that, and changes only what differs then"
    for topic in one.topics.values():
        if changed := differences(topic, topics_in(present).get(topic.name)):
            yield f"the topic {topic.name} exists and is taken over as it is described: {', '.join(changed)}; its other options stay"


def differences(topic: Topic, there: Mapping[str, Any] | None) -> list[str]:
    """What a run changes in a topic that exists."""
    if there is None:
        return []
    grows = [f"{there['partitions']} -> {topic.partitions} partitions"] if topic.partitions > there["partitions"] else []
    had = there["configuration"]
    options = {name: value for name, value in sorted(topic.configuration.items()) if had.get(name) != value}
    return [*grows, *(f"{name} {had.get(name, 'not set')} -> {value}" for name, value in options.items())]
