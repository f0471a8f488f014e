# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The settings of brokers: Amazon MQ for RabbitMQ.

The defaults are those of a production broker: three nodes, the newest version, encrypted with the component's key, with general logs.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ....component.names import PRODUCTION
from ....inputs.networks import Network
from ....inputs.problems import Problems
from ....inputs.reader import Reader
from ....inputs.values import KMS_KEY_ARN
from .rabbitmq_content import Content, read_content
from .rabbitmq_versions import NEWEST, OFFERED, PATCH, VERSION

CLUSTER, SINGLE = "cluster", "single"
DEPLOYMENTS: Mapping[str, str] = {CLUSTER: "CLUSTER_MULTI_AZ", SINGLE: "SINGLE_INSTANCE"}
"""What a deployment is called in the API. ActiveMQ's active/standby is no deployment of RabbitMQ."""
OWN_KEY, AWS_KEY = "key", "aws"
NAME = re.compile(r"[A-Za-z0-9._~-]{1,50}")
"""Amazon MQ Developer Guide, "Quotas in Amazon MQ"."""
INSTANCE_TYPE = re.compile(r"mq\.[a-z0-9]+\.[a-z0-9]+")
SMALLEST = "mq.t3.micro"
USERNAME = re.compile(r"[A-Za-z0-9._~-]{2,100}")
"""CreateBroker, "User"."""
RESERVED = ("guest",)
MOST_GROUPS = 5
DAYS: Mapping[str, str] = {
    "mon": "MONDAY",
    "tue": "TUESDAY",
    "wed": "WEDNESDAY",
    "thu": "THURSDAY",
    "fri": "FRIDAY",
    "sat": "SATURDAY",
    "sun": "SUNDAY",
}
START = re.compile(rf"({'|'.join(DAYS)}):((?:[01]\d|2[0-3]):[0-5]\d)")
ROTATION = re.compile(r"[A-Za-z0-9._:+=@-]{1,64}")
OPTION = re.compile(r"[a-z][a-z0-9_]*(\.[a-zA-Z0-9_-]+)*")
"""An option of a configuration, in RabbitMQ's own syntax."""

ELSEWHERE: Mapping[str, str] = {
    "engine": "this role has RabbitMQ only; remove it",
    "engine_type": "this role has RabbitMQ only; remove it",
    "auto_minor_version_upgrade": "Amazon MQ always installs patch versions of RabbitMQ by itself; remove it",
    "storage_type": "brokers of RabbitMQ are always on EBS; remove it",
    "publicly_accessible": "brokers of this role are reached from their network only; remove it",
    "password": "it is a password in an inventory; remove it: the administrator's is generated and kept in a secret",
}
"""Settings of other tools, with what to do instead."""


@dataclass(frozen=True)
class Administrator:
    """The first administrator. Its password is generated; another ``rotation`` generates another one."""

    username: str = "administrator"
    rotation: str = ""


@dataclass(frozen=True)
class Broker:
    """``window``: when the weekly maintenance begins, such as sun:03:00, in UTC; empty if AWS chooses. ``options``: of RabbitMQ."""

    name: str
    path: str
    aws_name: str
    instance_type: str
    version: str = NEWEST
    deployment: str = CLUSTER
    subnet_ids: tuple[str, ...] = ()
    subnet_zones: tuple[str, ...] = ()
    security_group_ids: tuple[str, ...] = ()
    at_rest: str = OWN_KEY
    kms_key_arn: str = ""
    administrator: Administrator = field(default_factory=Administrator)
    window: str = ""
    general_logs: bool = True
    options: Mapping[str, str] = field(default_factory=dict)
    content: Content = field(default_factory=Content)
    tags: Mapping[str, str] = field(default_factory=dict)


def read_brokers(given: Any, path: str, environment: str, network: Network, problems: Problems) -> dict[str, Broker]:
    """The brokers of a user's mapping (name -> settings). Errors are added to ``problems``."""
    entries = Reader(given, path, problems).named("the name of a broker", 24)
    return {name: read_broker(name, reader, environment, network) for name, reader in entries}


def read_broker(name: str, reader: Reader, environment: str, network: Network) -> Broker:
    """One broker. Missing or invalid settings take their defaults, so that reading always returns a value."""
    refuse_elsewhere(reader, ELSEWHERE)
    deployment = reader.choice("deployment", DEPLOYMENTS, CLUSTER if environment in PRODUCTION else SINGLE)
    own_subnets = reader.given.get("subnet_ids") is not None
    default_subnets = tuple(network.subnet_ids[:1]) if deployment == SINGLE else network.subnet_ids
    subnets = reader.ids("subnet_ids", default_subnets, "subnet-")
    logs = reader.section("logs")
    version, administrator = read_version(reader), read_administrator(reader.section("administrator"))
    broker = Broker(
        name=name,
        path=reader.path,
        aws_name=read_name(reader, f"{environment}-{name}".replace("_", "-")),
        instance_type=reader.required_text("instance_type", "give an instance type such as mq.m7g.large", INSTANCE_TYPE),
        version=version,
        deployment=deployment,
        subnet_ids=subnets,
        subnet_zones=() if own_subnets else network.subnet_zones[: len(subnets)],
        security_group_ids=reader.ids("security_group_ids", network.security_group_ids, "sg-"),
        at_rest=reader.choice("at_rest", (OWN_KEY, AWS_KEY), OWN_KEY),
        kms_key_arn=read_key(reader),
        administrator=administrator,
        window=read_window(reader.section("maintenance")),
        general_logs=logs.boolean("general", True),
        options=read_options(reader, OPTION, "consumer_timeout"),
        content=read_content(reader, version, administrator.username),
        tags=reader.tags("tags"),
    )
    logs.finish()
    reader.finish()
    return broker


def refuse_elsewhere(reader: Reader, elsewhere: Mapping[str, str]) -> None:
    """Refuse settings of other tools. ``elsewhere``: each with what to do instead."""
    for key, remedy in elsewhere.items():
        value = reader.take(key)
        if key == "password" and value is not None:
            reader.problems.messages.append(f"{reader.at(key)} is set, but {remedy}")
        elif value not in (None, False):
            reader.problems.add(reader.at(key), value, remedy)


def read_name(reader: Reader, default: str) -> str:
    value = reader.text("broker_name", default)
    if NAME.fullmatch(value):
        return value
    reader.problems.add(reader.at("broker_name"), value, "Amazon MQ accepts 1 to 50 letters, digits, and - . _ ~")
    return default


def read_version(reader: Reader) -> str:
    """A number is rejected although it looks right: YAML reads 4.10 as 4.1."""
    value, at = reader.take("version"), reader.at("version")
    if value is None:
        return NEWEST
    if not isinstance(value, str):
        reader.problems.add(at, value, f'it must be quoted, because YAML reads it as a number: "{value}"')
    elif found := PATCH.fullmatch(value):
        reader.problems.add(at, value, f'Amazon MQ chooses the patch version itself and refuses to be told one; set version: "{found[1]}"')
    elif not VERSION.fullmatch(value) or value not in OFFERED:
        reader.problems.add(at, value, f"Amazon MQ offers RabbitMQ {', '.join(OFFERED)}")
    else:
        return value
    return NEWEST


def read_key(reader: Reader) -> str:
    value = reader.text("kms_key_arn", "")
    if value and not KMS_KEY_ARN.fullmatch(value):
        reader.problems.add(reader.at("kms_key_arn"), value, "it must be the ARN of a KMS key of the component's region")
        return ""
    if value and reader.given.get("at_rest") == AWS_KEY:
        reader.problems.add(reader.at("kms_key_arn"), value, "at_rest is aws, which uses AWS's own key; remove one of the two")
    return value


def read_administrator(reader: Reader) -> Administrator:
    if reader.take("password") is not None:
        reader.problems.messages.append(f"{reader.at('password')} is set, but {ELSEWHERE['password']}")
    username = reader.text("username", Administrator.username)
    if not USERNAME.fullmatch(username) or username in RESERVED:
        remedy = "it must be 2 to 100 letters, digits, and - . _ ~, and not guest, which RabbitMQ has itself"
        reader.problems.add(reader.at("username"), username, remedy)
    rotation = read_rotation(reader)
    reader.finish()
    return Administrator(username, rotation)


def read_rotation(reader: Reader) -> str:
    """The marker of a generated password; another one generates another password."""
    rotation = str(reader.take("rotation") or "")
    if rotation and not ROTATION.fullmatch(rotation):
        remedy = "it must be a marker of up to 64 letters, digits, and . _ : + = @ -, such as a date; a new one generates a new password"
        reader.problems.add(reader.at("rotation"), rotation, remedy)
    return rotation


def read_window(reader: Reader) -> str:
    value = reader.take("window")
    reader.finish()
    if value is None:
        return ""
    if isinstance(value, str) and START.fullmatch(value.lower()):
        return value.lower()
    reader.problems.add(reader.at("window"), value, 'it must be the beginning of the two hours in UTC, such as "sun:03:00", in quotes')
    return ""


def read_options(reader: Reader, pattern: re.Pattern[str], example: str) -> dict[str, str]:
    """Options of a broker: option -> value, as its configuration has it. ``pattern``: of their names."""
    found: dict[str, str] = {}
    for name, value in reader.mapping("configuration").items():
        at = f"{reader.at('configuration')}.{name}"
        if not pattern.fullmatch(name):
            reader.problems.add(reader.at("configuration"), name, f"it must be the name of an option such as {example}")
        elif isinstance(value, bool):
            found[name] = "true" if value else "false"
        elif not isinstance(value, str | int | float) or "\n" in str(value) or not str(value):
            reader.problems.add(at, value, "it must be a string on one line, a number, or true or false")
        else:
            found[name] = str(value)
    return found
