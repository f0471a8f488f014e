# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The part of the domain that makes brokers of RabbitMQ with Amazon MQ."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ...aws.connection import Aws
from ...aws.owner import Owner
from ...component.domain import Checked, Observation
from ...component.outputs import Attributes, split, value
from ...component.parts import Described
from ...component.present_names import with_present_names
from ...inputs.networks import Network, read_network
from ...inputs.problems import Problems
from ...kinds.kms_key import KmsKey
from ...kinds.secret import Secret
from ...reconcile.model import Kind, Resource
from ...reconcile.planner import Plan
from .broker_judge import notes, objections
from .kinds.mq import REBOOTED, sentence
from .kinds.mq_broker import MqBroker
from .kinds.mq_configuration import MqConfiguration
from .part import MessagingPart, looks_for
from .resources_brokers import ADMINISTRATOR, KIND, SECRET, Brokers, build, secret_names, user_part
from .settings.broker import Broker, read_brokers
from .validate_brokers import check_brokers

NAMES: Mapping[str, str] = {"mq_broker": "broker_name", "mq_configuration": "configuration_name", "secret": "secret_name"}
"""kind -> the property with a name that AWS cannot change: one that was adopted keeps its own."""
BROKER: Mapping[str, str] = {
    "id": "id",
    "name": "name",
    "arn": "arn",
    "engine_version": "engine_version",
    "instance_type": "instance_type",
    "deployment_mode": "deployment_mode",
    "endpoints": "endpoints",
    "console_url": "console_url",
}
"""output -> attribute of mq_broker."""


class BrokersPart(MessagingPart):
    """Brokers, their configurations, the secrets of their administrators, and the key for all of it."""

    option = "brokers"

    def read(self, given: Any, problems: Problems) -> Mapping[str, Any]:
        network, wrong = read_network(self.context.params.get("network") or {}, "network") if given else (Network(), [])
        problems.messages += wrong
        return read_brokers(given, self.option, self.context.environment, network, problems)

    def check(self, described: Described, problems: Problems) -> None:
        check_brokers(self._own(described), self.context.environment, problems)

    def kinds(self, described: Described) -> Sequence[Kind]:
        own, looks = self._own(described), looks_for(self.option, described, self.context)
        secrets = secret_names(own, Owner(self.context.environment, self.context.component))
        reboot = [one.aws_name for one in own.values() if self.may("allow_reboot", one.name)]
        return (KmsKey(), Secret(secrets, secrets, looks), MqConfiguration(looks), MqBroker(reboot, looks))

    def problems(self, described: Described, observation: Observation) -> Sequence[str]:
        return objections(self._own(described), observation.observed, lambda name: self.may("allow_upgrade", name))

    def resources(self, described: Described, observation: Observation) -> Sequence[Resource]:
        found = build(self._own(described), observation.place, observation.observed, lambda name: self.may("allow_reboot", name))
        return with_present_names(found, observation.observed, NAMES)

    def notes(self, described: Described, observation: Observation) -> Sequence[str]:
        return notes(self._own(described), observation.observed, lambda name: self.may("allow_reboot", name))

    def checks(self, described: Described, plan: Plan, aws: Aws) -> Checked:
        """Say which changes wait for the maintenance window, and which brokers this run reboots."""
        own = self._own(described)
        found = [text for action in plan.permitted if action.kind == KIND and action.verb == "update" for text in self._waits(own, action)]
        return Checked(warnings=found)

    def _waits(self, own: Brokers, action: Any) -> Sequence[str]:
        name = action.address.partition(".")[2]
        changed = {change.property: change.after for change in action.changes if change.property in (*REBOOTED, "pending_changes")}
        if not changed or name not in own:
            return ()
        if self.may("allow_reboot", name):
            return [f"{action.address}: this run reboots it; a cluster's nodes go down one by one, a single broker is away for minutes."]
        waiting = {key: after for key, after in changed.items() if key != "pending_changes"}
        window = action.observed.attributes.get("window") if action.observed else None
        return [f"{action.address}: {sentence(waiting, own[name].window or window, name)}"] if waiting else ()

    def outputs(self, described: Described, attributes: Attributes) -> dict[str, Any]:
        """{"brokers": {name: {id, name, arn, engine_version, instance_type, deployment_mode, endpoints, console_url, admin_username,
        admin_secret_arn, user_secret_arns: {user: arn}}}}.
        """
        names = sorted(name for kind, name in map(split, attributes) if kind == KIND)
        return {self.option: {name: broker_outputs(name, attributes, self._own(described).get(name)) for name in names}}

    def _own(self, described: Described) -> Brokers:
        return described.get(self.option) or {}


def broker_outputs(name: str, attributes: Attributes, described: Broker | None) -> dict[str, Any]:
    """The outputs of one broker. The administrator's name is known only where the broker is described."""
    found = {key: value(attributes, f"{KIND}.{name}", attribute) for key, attribute in BROKER.items()}
    found["admin_username"] = described.administrator.username if described else None
    found["admin_secret_arn"] = value(attributes, f"{SECRET}.{name}/{ADMINISTRATOR}", "arn")
    prefix = f"{SECRET}.{name}/{user_part('')}"
    found["user_secret_arns"] = {
        address.removeprefix(prefix): value(attributes, address, "arn") for address in sorted(attributes) if address.startswith(prefix)
    }
    return found
