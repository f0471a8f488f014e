# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The part of the domain that makes clusters of Apache Kafka with Amazon MSK."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ...aws.connection import Aws
from ...aws.owner import Owner
from ...component.domain import Observation
from ...component.outputs import Attributes, split, value
from ...component.parts import Described
from ...component.present_names import with_present_names
from ...inputs.networks import Network, read_network
from ...inputs.problems import Problems
from ...kinds.kms_key import KmsKey
from ...reconcile.model import Kind, Resource
from .kinds.msk_cluster import BOOTSTRAP, MskCluster
from .kinds.msk_configuration import MskConfiguration
from .kinds.stream_log_group import StreamLogGroup
from .kinds.stream_secret import StreamSecret, secret_name
from .part import MessagingPart, looks_for
from .resources_streams import KIND, LOG_GROUP, SECRET, Streams, build
from .settings.stream import read_streams
from .stream_judge import notes, objections
from .validate_streams import check_streams

VERSIONS = "kafka versions"
NAMES: Mapping[str, str] = {"msk_cluster": "cluster_name", "msk_configuration": "configuration_name", "stream_secret": "secret_name"}
"""kind -> the property with a name that AWS cannot change: one that was adopted keeps its own."""
STREAM = ("name", "arn", "serverless", "kafka_version", "instance_type", "brokers")
"""Attributes of msk_cluster that are outputs."""


class StreamsPart(MessagingPart):
    """Clusters, their configurations, logs, and secrets, and the key for all of it."""

    option = "streams"

    def read(self, given: Any, problems: Problems) -> Mapping[str, Any]:
        network, wrong = read_network(self.context.params.get("network") or {}, "network") if given else (Network(), [])
        problems.messages += [one for one in wrong if one not in problems.messages]
        return read_streams(given, self.option, self.context.environment, network, problems)

    def check(self, described: Described, problems: Problems) -> None:
        check_streams(self._own(described), self.context.environment, problems)

    def kinds(self, described: Described) -> Sequence[Kind]:
        owner, looks = Owner(self.context.environment, self.context.component), looks_for(self.option, described, self.context)
        topics = {f"{KIND}.{name}": tuple(one.topics) for name, one in self._own(described).items()}
        secrets = [secret_name(owner, name, user) for name, one in self._own(described).items() for user in one.auth.scram]
        return (KmsKey(), StreamLogGroup(looks), StreamSecret(secrets, looks=looks), MskConfiguration(looks), MskCluster(looks, topics))

    def questions(self, described: Described) -> Mapping[str, Callable[[Aws], Any]]:
        """The versions that MSK offers here, as its API names them."""
        if all(one.serverless for one in self._own(described).values()):
            return {}
        return {VERSIONS: offered_versions}

    def problems(self, described: Described, observation: Observation) -> Sequence[str]:
        offered = observation.answers.get(VERSIONS) or ()
        return objections(self._own(described), observation.observed, offered, lambda name: self.may("allow_upgrade", name))

    def resources(self, described: Described, observation: Observation) -> Sequence[Resource]:
        """One that was moved or adopted keeps its name in AWS unless another one is given."""
        own = self._own(described)
        named = {f"{KIND}.{name}" for name, one in own.items() if one.own_name}
        kept = [one for one in observation.observed if one.address not in named]
        return with_present_names(build(own, observation.place), kept, NAMES)

    def notes(self, described: Described, observation: Observation) -> Sequence[str]:
        return notes(self._own(described), observation.observed)

    def outputs(self, described: Described, attributes: Attributes) -> dict[str, Any]:
        """{"streams": {name: {name, arn, serverless, kafka_version, instance_type, brokers, bootstrap: {way to log in: addresses},
        scram_secret_arns: {user: arn}, log_group_name, topics: [name]}}}.
        """
        names = sorted(name for kind, name in map(split, attributes) if kind == KIND)
        return {self.option: {name: self._outputs(name, described, attributes) for name in names}}

    def _outputs(self, name: str, described: Described, attributes: Attributes) -> dict[str, Any]:
        """What a serverless stream does not have is null, and so are addresses for ways of logging in that are off."""
        address, one = f"{KIND}.{name}", self._own(described).get(name)
        found = {key: value(attributes, address, key) for key in STREAM}
        prefix = f"{SECRET}.{name}/"
        secrets = [one for one in sorted(attributes) if one.startswith(prefix)]
        found["scram_secret_arns"] = {one.removeprefix(prefix): value(attributes, one, "arn") for one in secrets}
        found["log_group_name"] = value(attributes, f"{LOG_GROUP}.{name}", "id")
        there = {mode: value(attributes, address, f"bootstrap_{mode}") for mode in BOOTSTRAP}
        found["topics"] = sorted(one.topics) if one else []
        if one is None:
            return {**found, "bootstrap": there}
        if one.serverless:
            found |= dict.fromkeys(("kafka_version", "instance_type", "brokers"))
        return {**found, "bootstrap": {mode: there[mode] if mode in one.ports else None for mode in BOOTSTRAP}}

    def _own(self, described: Described) -> Streams:
        return described.get(self.option) or {}


def offered_versions(aws: Aws) -> list[str]:
    found = aws.list_all("kafka", "list_kafka_versions", "KafkaVersions")
    return [str(one["Version"]) for one in found if one.get("Status") == "ACTIVE"]
