# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Brokers for the tests of this folder."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.mainstay.aws.plugins.module_utils.aws.place import Place
from ansible_collections.mainstay.aws.plugins.module_utils.domains.messaging.settings.broker import Broker, read_brokers
from ansible_collections.mainstay.aws.plugins.module_utils.domains.messaging.validate_brokers import check_brokers
from ansible_collections.mainstay.aws.plugins.module_utils.inputs.networks import Network
from ansible_collections.mainstay.aws.plugins.module_utils.inputs.problems import Problems
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.model import Observed

PLACE = Place("prod", "queues", "eu-west-1", "123456789012")
SUBNETS = tuple(f"subnet-0123456789abcdef{number}" for number in range(3))
NETWORK = Network(SUBNETS, ("sg-0123456789abcdef0",), ("eu-west-1a", "eu-west-1b", "eu-west-1c"))
MINIMAL: Mapping[str, Any] = {"instance_type": "mq.m7g.large"}


def read(environment: str = "prod", **more: Any) -> tuple[Broker, list[str]]:
    problems = Problems()
    found = read_brokers({"jobs": {**MINIMAL, **more}}, "messaging_brokers", environment, NETWORK, problems)
    check_brokers(found, environment, problems)
    return found["jobs"], problems.messages


def broker(environment: str = "prod", **more: Any) -> Broker:
    found, problems = read(environment, **more)
    assert not problems, problems
    return found


def seen(version: str = "4.2.1", instance_type: str = "mq.m7g.large", waiting: Mapping[str, Any] | None = None, **more: Any) -> Observed:
    """The broker as AWS has it; ``waiting``: what is pending."""
    properties = {"engine_version": version, "host_instance_type": instance_type, **(waiting or {}), **more}
    if waiting:
        properties["pending_changes"] = dict(waiting)
    attributes = {"engine_version": version, "instance_type": instance_type, "window": "sun:03:00", "configurations": ["c-1"]}
    return Observed("mq_broker", "mq_broker.jobs", "b-1", properties, attributes)
