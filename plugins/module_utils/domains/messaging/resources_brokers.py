# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The resources that a component's brokers consist of.

Addresses are ``mq_broker.<broker>``, ``mq_configuration.<broker>/<version>``, and ``secret.<broker>/<part>``. One key serves all
brokers of the component.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from ...aws.owner import Owner
from ...aws.place import Place
from ...reconcile.model import Observed, Ref, Resource, ref
from .kinds.mq_broker import AWS_OWNED
from .part import key_of, tags_of
from .settings.broker import DEPLOYMENTS, OWN_KEY, Broker
from .settings.rabbitmq_versions import kept, major_of, minor_of, number

KIND, CONFIGURATION, SECRET = "mq_broker", "mq_configuration", "secret"
KEY = "kms_key.brokers"
"""The component's key for the data, secrets, and logs of all its brokers."""
LOGS = "/aws/amazonmq/broker/"
"""What the names of the log groups of brokers begin with; Amazon MQ makes them."""
ADMINISTRATOR = "administrator"

Brokers = Mapping[str, Broker]


def build(brokers: Brokers, place: Place, observed: Sequence[Observed], reboots: Callable[[str], bool]) -> list[Resource]:
    """Every resource of these brokers, which must have passed validate_brokers.py. ``observed``: what exists. ``reboots``: whether this run
    may reboot a broker.
    """
    if not brokers:
        return []
    there = {seen.address: seen for seen in observed if seen.state != "deleting"}
    found = [key_of(place, "brokers", f"{LOGS}*")]
    for name in sorted(brokers):
        parts = Parts(brokers[name], place, there)
        found += [*parts.configurations(), *parts.secrets(), parts.broker(reboots(name))]
    return found


def secret_name(owner: Owner, broker: str, part: str = ADMINISTRATOR) -> str:
    """Below the component's prefix, by which its secrets are found."""
    return f"{owner.path}{broker}/{part}"


def user_part(user: str) -> str:
    return f"user-{user}"


def secret_names(brokers: Brokers, owner: Owner) -> list[str]:
    """The names of all described secrets."""
    users = [secret_name(owner, name, user_part(user)) for name, one in brokers.items() for user in one.content.users]
    return [*(secret_name(owner, name) for name in brokers), *users]


class Parts:
    """The parts of one broker. ``there``: what exists, by address."""

    def __init__(self, one: Broker, place: Place, there: Mapping[str, Observed]) -> None:
        self.one = one
        self.place = place
        self.there = there
        self.present = there.get(f"{KIND}.{one.name}")

    def tags(self, part: str = "") -> dict[str, str]:
        return tags_of(self.place, "-".join(word for word in (self.one.aws_name, part) if word), self.one.tags)

    @property
    def version(self) -> str:
        """The described version, or a later one that runs already."""
        running = minor_of(str(self.present.properties.get("engine_version") or "")) if self.present else ""
        return str(kept(self.one.version, running or None))

    # -- configurations --------------------------------------------------------------------------------------------------------------

    def configuration_name(self, version: str) -> str:
        return f"{self.one.name}/{version}"

    def configuration(self) -> Resource:
        """One for each major version: its options are those of its version. Later minor versions keep it."""
        return self._configuration(self.configuration_version())

    def configuration_version(self) -> str:
        """The version of the configuration: that of one that exists for the same major version, or the broker's."""
        prefix = f"{CONFIGURATION}.{self.one.name}/"
        same = [one.removeprefix(prefix) for one in self.there if one.startswith(prefix)]
        usable = [one for one in same if major_of(one) == major_of(self.version)]
        return min(usable, key=number, default=self.version)

    def _configuration(self, version: str) -> Resource:
        properties: dict[str, Any] = {
            "configuration_name": f"{self.one.aws_name}-{version.replace('.', '-')}",
            "engine_version": version,
            **({"options": dict(self.one.options)} if self.one.options else {}),
            "tags": self.tags(f"configuration-{version}"),
        }
        return Resource(CONFIGURATION, self.configuration_name(version), properties)

    def configurations(self) -> Iterator[Resource]:
        """The one that is described, and others that the broker uses until it has been rebooted."""
        described = self.configuration()
        yield described
        used = frozenset(self.present.attributes.get("configurations") or ()) if self.present else frozenset()
        for address, seen in sorted(self.there.items()):
            mine = address.startswith(f"{CONFIGURATION}.{self.one.name}/") and address != described.address
            if mine and seen.id in used:
                kind, _dot, name = address.partition(".")
                yield Resource(kind, name, {**seen.properties, "tags": self.tags(f"configuration-{name.rpartition('/')[2]}")})

    # -- the administrator and the broker --------------------------------------------------------------------------------------------

    def secrets(self) -> Iterator[Resource]:
        one = self.one
        yield self.secret(ADMINISTRATOR, one.administrator.username, one.administrator.rotation, "The administrator of")
        for user in sorted(one.content.users):
            yield self.secret(user_part(user), user, one.content.users[user].rotation, f"The user {user} of")

    def secret(self, part: str, username: str, rotation: str, whose: str) -> Resource:
        properties = {
            "secret_name": secret_name(self.place.owner, self.one.name, part),
            "description": f"{whose} {self.one.aws_name}",
            "kms_key_id": ref(KEY, "arn"),
            "content": {"engine": "rabbitmq", "username": username},
            "rotation": rotation,
            "deletion_date": None,
            "tags": self.tags(part),
        }
        return Resource(SECRET, f"{self.one.name}/{part}", properties)

    def key_arn(self) -> str | Ref:
        if self.one.at_rest != OWN_KEY:
            return AWS_OWNED
        return self.one.kms_key_arn or ref(KEY, "arn")

    def broker(self, reboots: bool) -> Resource:
        """What waits for a reboot is to be made where there is consent; otherwise it is left to the maintenance window."""
        one, configuration = self.one, f"{CONFIGURATION}.{self.configuration_name(self.configuration_version())}"
        properties: dict[str, Any] = {
            "broker_name": one.aws_name,
            "deployment_mode": DEPLOYMENTS[one.deployment],
            "subnet_ids": list(one.subnet_ids),
            "publicly_accessible": False,
            "kms_key_id": self.key_arn(),
            "engine_version": one.version,
            "host_instance_type": one.instance_type,
            "security_groups": list(one.security_group_ids),
            "configuration": {"id": ref(configuration), "revision": ref(configuration, "revision")},
            "general_logs": one.general_logs,
            **({"maintenance_window": one.window} if one.window else {}),
            "auto_minor_version_upgrade": True,
            "administrator": {
                "username": one.administrator.username,
                "secret_arn": ref(f"{SECRET}.{one.name}/{ADMINISTRATOR}", "arn"),
            },
            **({"pending_changes": {}} if reboots else {}),
            "tags": self.tags(),
        }
        return Resource(KIND, one.name, properties)
