# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The topics of a cluster, through MSK's own API, which needs no way into the network.

Topics have no tags, and applications make them, too. So they are created, given more partitions, and configured, and never deleted: one
that is not described is neither read nor shown. What MSK answers about topics lags behind by about a minute (MSK Developer Guide, "Topic
Operations"), so a change counts as made once it is shown. UpdateTopic changes the partitions or the configuration, not both.
"""

from __future__ import annotations

import base64
import time
from collections.abc import Collection, Mapping
from typing import Any, NamedTuple

from ....aws.connection import Aws
from ....reconcile.errors import CallFailed, NotYet
from .mq_configuration import decoded, options_in

EXISTS = "TopicExistsException"
PASSING = frozenset(
    {
        *("ClusterConnectivityException", "ControllerMovedException", "KafkaTimeoutException", "NotControllerException"),
        *("ReassignmentInProgressException", "UnknownTopicOrPartitionException"),
    }
)
"""Errors of Kafka behind the API that pass by themselves: a new controller, partitions that are being moved."""
UNSETTLED = ("CREATING", "DELETING")
SHOWN_WITHIN = 600.0
"""Seconds within which MSK must show what a change made."""


class Change(NamedTuple):
    """One call about a topic. ``what`` tells it from the others about the same topic."""

    what: str
    method: str
    params: Mapping[str, Any]


def encoded(configuration: Mapping[str, str]) -> str:
    """A configuration as the API has it: lines of ``option=value`` in Base64."""
    text = "\n".join(f"{name}={value}" for name, value in sorted(configuration.items()))
    return base64.b64encode(text.encode()).decode()


def read_topics(aws: Aws, cluster: str, names: Collection[str]) -> dict[str, dict[str, Any]]:
    """The topics with these names that exist: name -> {partitions, replication, configuration}."""
    found = aws.map(lambda name: aws.find("kafka", "describe_topic", ClusterArn=cluster, TopicName=name), sorted(names))
    return {str(raw["TopicName"]): as_topic(raw) for raw in found if raw and raw.get("Status") not in UNSETTLED}


def as_topic(raw: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "partitions": int(raw["PartitionCount"]),
        "replication": int(raw["ReplicationFactor"]),
        "configuration": options_in(decoded(str(raw.get("Configs") or ""))),
    }


def kept_topics(desired: Mapping[str, Any] | None, observed: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
    """What the topics should be: those that exist keep their replicas, and options that are not described."""
    if not desired:
        return desired
    return {**(observed or {}), **{name: _kept(one, (observed or {}).get(name)) for name, one in desired.items()}}


def _kept(one: Mapping[str, Any], there: Mapping[str, Any] | None) -> dict[str, Any]:
    if there is None:
        return dict(one)
    return {
        "partitions": max(one["partitions"], there["partitions"]),
        "replication": there["replication"],
        "configuration": {**there["configuration"], **one["configuration"]},
    }


def change_of(wanted: Mapping[str, Any], there: Mapping[str, Any] | None) -> Change | None:
    """The next call that brings a topic nearer to what it should be; None if it is that."""
    if there is None:
        params = {"PartitionCount": wanted["partitions"], "ReplicationFactor": wanted["replication"]}
        configs = {"Configs": encoded(wanted["configuration"])} if wanted["configuration"] else {}
        return Change("creation", "create_topic", {**params, **configs})
    if wanted["partitions"] != there["partitions"]:
        return Change("partitions", "update_topic", {"PartitionCount": wanted["partitions"]})
    if wanted["configuration"] != there["configuration"]:
        return Change("configuration", "update_topic", {"Configs": encoded(wanted["configuration"])})
    return None


def set_topics(aws: Aws, cluster: str, wanted: Mapping[str, Any], observed: Mapping[str, Any] | None) -> None:
    """Make the next change of each topic. Raises NotYet until MSK shows all of them."""
    there = read_topics(aws, cluster, wanted) if observed is None else observed
    changes = {name: change_of(_kept(one, there.get(name)), there.get(name)) for name, one in wanted.items()}
    waited_for = [name for name, change in changes.items() if not _is_done(aws, cluster, name, change)]
    if waited_for:
        raise NotYet(f"MSK does not show the change of {', '.join(sorted(waited_for))} yet", "", "ChangeInProgress", dependency=True)


def _is_done(aws: Aws, cluster: str, name: str, change: Change | None) -> bool:
    key = f"{cluster} {name}"
    if change is None:
        aws.begun.pop(key, None)
        return True
    what, since = (aws.begun.get(key) or " ").split(" ")
    if what != change.what:
        _call(aws, cluster, name, change)
        aws.begun[key] = f"{change.what} {time.monotonic()}"
    elif time.monotonic() - float(since) > SHOWN_WITHIN:
        operation = "".join(word.capitalize() for word in change.method.split("_"))
        text = f"MSK does not show the {change.what} of the topic {name} after {SHOWN_WITHIN:.0f} seconds"
        raise CallFailed(text, f"kafka:{operation}", hint="Run again.")
    return False


def _call(aws: Aws, cluster: str, name: str, change: Change) -> None:
    """Another client may have made a topic that MSK does not show yet; it is waited for."""
    try:
        aws.change("kafka", change.method, ClusterArn=cluster, TopicName=name, **change.params)
    except CallFailed as error:
        if error.code in PASSING:
            raise NotYet(error.message, error.operation, error.code, dependency=True) from error
        if error.code != EXISTS:
            raise
