# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The settings of streams: clusters of Apache Kafka on Amazon MSK, with brokers of their own or serverless.

The defaults are those of a production cluster: one broker in each zone, the newest version, encrypted with the component's key, clients
that log in with IAM over TLS.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ....inputs.networks import Network
from ....inputs.problems import Problems
from ....inputs.reader import Reader
from ....inputs.values import KMS_KEY_ARN
from ....reconcile.model import is_unknown
from .broker import read_options, read_rotation, refuse_elsewhere
from .kafka_versions import API_FORM, NEWEST, OLDEST, VERSION, has_kraft, number
from .topic import Topic, read_topics

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,63}")
SIZES = {
    "t3": ("small",),
    "m5": ("large", "xlarge", "2xlarge", "4xlarge", "8xlarge", "12xlarge", "16xlarge", "24xlarge"),
    "m7g": ("large", "xlarge", "2xlarge", "4xlarge", "8xlarge", "12xlarge", "16xlarge"),
}
TYPES = tuple(f"kafka.{family}.{size}" for family, sizes in SIZES.items() for size in sizes)
"""The types of Standard brokers (MSK Developer Guide, "Broker types")."""
SMALLEST = "kafka.t3.small"
EXPRESS = "express."
MOST_GIB = 16384
MOST_BROKERS = 60
DEFAULT_GIB = 100
USER = re.compile(r"[A-Za-z0-9._-]{1,64}")
AUTHORITY = re.compile(r"arn:[a-z-]+:acm-pca:[a-z0-9-]+:\d{12}:certificate-authority/[0-9a-f-]{36}")
TLS, TLS_PLAINTEXT = "tls", "tls_plaintext"
IN_TRANSIT: Mapping[str, str] = {TLS: "TLS", TLS_PLAINTEXT: "TLS_PLAINTEXT"}
LEVELS: Mapping[str, str] = {
    "default": "DEFAULT",
    "per_broker": "PER_BROKER",
    "per_topic_per_broker": "PER_TOPIC_PER_BROKER",
    "per_topic_per_partition": "PER_TOPIC_PER_PARTITION",
}
OPTION = re.compile(r"[a-z][a-z0-9]*(\.[a-z0-9]+)*")
"""An option of server.properties."""
ALWAYS: Mapping[str, str] = {"auto.create.topics.enable": "false"}
"""What every configuration says unless it says something else: a misspelled topic is an error, not another topic."""

NOT_SERVERLESS = (
    *("version", "instance_type", "brokers", "storage_gib", "kms_key_arn", "auth", "in_transit", "configuration", "monitoring"),
    *("open_monitoring", "logs"),
)
"""What MSK decides in a serverless cluster."""
NO_TOPICS = "the stream is serverless, where only a client of Kafka can make topics; remove it, or give the stream brokers of its own"
ELSEWHERE: Mapping[str, str] = {
    "kafka_version": "this role calls it version; rename it",
    "number_of_broker_nodes": "this role calls it brokers; rename it",
    "public_access": "streams of this role are reached from their network only; remove it",
    "storage_mode": "tiered storage is not supported; remove it",
    "zookeeper_access": "clusters of this role have no ZooKeeper; remove it",
    "password": "it is a password in an inventory; remove it",
}
"""Settings of other tools, with what to do instead."""


@dataclass(frozen=True)
class Auth:
    """How clients log in. ``scram``: user -> the marker of its rotation. ``tls``: the ARNs of the private certificate authorities whose
    certificates are accepted.
    """

    iam: bool = True
    scram: Mapping[str, str] = field(default_factory=dict)
    tls: tuple[str, ...] = ()
    unauthenticated: bool = False

    @property
    def any(self) -> bool:
        return self.iam or bool(self.scram) or bool(self.tls) or self.unauthenticated


@dataclass(frozen=True)
class Stream:
    """``brokers``: how many in all. ``options``: of server.properties. ``own_name``, ``own_groups``: whether ``cluster_name`` and
    ``security_group_ids`` are given. What a serverless cluster does not have keeps its default and means nothing.
    """

    name: str
    path: str
    aws_name: str
    serverless: bool = False
    version: str = NEWEST
    instance_type: str = ""
    brokers: int = 0
    storage_gib: int = DEFAULT_GIB
    subnet_ids: tuple[str, ...] = ()
    subnet_zones: tuple[str, ...] = ()
    security_group_ids: tuple[str, ...] = ()
    own_name: bool = False
    own_groups: bool = False
    kms_key_arn: str = ""
    auth: Auth = field(default_factory=Auth)
    in_transit: str = TLS
    options: Mapping[str, str] = field(default_factory=dict)
    topics: Mapping[str, Topic] = field(default_factory=dict)
    monitoring: str = "default"
    jmx_exporter: bool = False
    node_exporter: bool = False
    broker_logs: bool = True
    retention_days: int = 30
    tags: Mapping[str, str] = field(default_factory=dict)

    @property
    def ports(self) -> dict[str, int]:
        """The ports that clients use, by way of logging in."""
        plain = {"plaintext": 9092} if self.in_transit == TLS_PLAINTEXT else {}
        tls = {"tls": 9094} if self.auth.tls or self.auth.unauthenticated else {}
        sasl = {**({"iam": 9098} if self.auth.iam else {}), **({"scram": 9096} if self.auth.scram else {})}
        return {**sasl, **tls, **plain}


def read_streams(given: Any, path: str, environment: str, network: Network, problems: Problems) -> dict[str, Stream]:
    """The streams of a user's mapping (name -> settings). Errors are added to ``problems``."""
    entries = Reader(given, path, problems).named("the name of a stream", 24)
    return {name: read_stream(name, reader, environment, network) for name, reader in entries}


def read_stream(name: str, reader: Reader, environment: str, network: Network) -> Stream:
    """One stream. Missing or invalid settings take their defaults, so that reading always returns a value."""
    refuse_elsewhere(reader, ELSEWHERE)
    serverless = reader.boolean("serverless", False)
    own_subnets = reader.given.get("subnet_ids") is not None
    subnets = reader.ids("subnet_ids", network.subnet_ids, "subnet-")
    common: dict[str, Any] = {
        "name": name,
        "path": reader.path,
        "aws_name": read_name(reader, f"{environment}-{name}".replace("_", "-")),
        "serverless": serverless,
        "subnet_ids": subnets,
        "subnet_zones": () if own_subnets else network.subnet_zones[: len(subnets)],
        "own_name": reader.given.get("cluster_name") is not None,
        "own_groups": reader.given.get("security_group_ids") is not None,
        "security_group_ids": reader.ids("security_group_ids", network.security_group_ids, "sg-"),
        "tags": reader.tags("tags"),
    }
    rest = refuse_settings(reader) if serverless else read_provisioned(reader, len(subnets))
    reader.finish()
    return Stream(**common, **rest)


def read_provisioned(reader: Reader, zones: int) -> dict[str, Any]:
    exporters, logs = reader.section("open_monitoring"), reader.section("logs")
    found = {
        "version": read_version(reader),
        "instance_type": read_type(reader),
        "brokers": reader.integer("brokers", zones, 1, MOST_BROKERS),
        "storage_gib": reader.integer("storage_gib", DEFAULT_GIB, 1, MOST_GIB),
        "kms_key_arn": read_key(reader),
        "auth": read_auth(reader.section("auth")),
        "in_transit": reader.choice("in_transit", IN_TRANSIT, TLS),
        "options": {**ALWAYS, **read_options(reader, OPTION, "num.partitions")},
        "topics": read_topics(reader, zones),
        "monitoring": reader.choice("monitoring", LEVELS, "default"),
        "jmx_exporter": exporters.boolean("jmx", False),
        "node_exporter": exporters.boolean("node", False),
        "broker_logs": logs.boolean("broker", True),
        "retention_days": logs.retention_days("retention_days", 30),
    }
    exporters.finish()
    logs.finish()
    return found


def refuse_settings(reader: Reader) -> dict[str, Any]:
    for key in NOT_SERVERLESS:
        value = reader.take(key)
        if value is not None:
            reader.problems.add(reader.at(key), value, "the stream is serverless, where MSK decides that; remove one of the two")
    if (topics := reader.take("topics")) is not None:
        reader.problems.add(reader.at("topics"), topics, NO_TOPICS)
    return {}


def read_name(reader: Reader, default: str) -> str:
    value = reader.text("cluster_name", default)
    if NAME.fullmatch(value):
        return value
    remedy = "MSK accepts 1 to 64 letters, digits, and hyphens, starting with a letter or digit"
    reader.problems.add(reader.at("cluster_name"), value, remedy)
    return default


def read_version(reader: Reader) -> str:
    """A number is rejected although it looks right: YAML reads 3.10 as 3.1."""
    value, at = reader.take("version"), reader.at("version")
    if value is None:
        return NEWEST
    if not isinstance(value, str):
        reader.problems.add(at, value, f'it must be quoted, because YAML reads it as a number: "{value}"')
    elif found := API_FORM.fullmatch(value):
        why = "" if has_kraft(value) else "clusters of this role have KRaft, not ZooKeeper, and "
        reader.problems.add(at, value, f'{why}it is major and minor alone; set version: "{found[1]}"')
    elif not VERSION.fullmatch(value) or number(value) < number(OLDEST):
        reader.problems.add(at, value, f'it must be a version with KRaft, "{OLDEST}" or later, such as "{NEWEST}"')
    else:
        return value
    return NEWEST


def read_type(reader: Reader) -> str:
    value = reader.required_text("instance_type", "give a type such as kafka.m7g.large, or set serverless: true")
    if value.startswith(EXPRESS):
        reader.problems.add(
            reader.at("instance_type"), value, "Express brokers are not supported; set a Standard one such as kafka.m7g.large"
        )
    elif value and value not in TYPES:
        families = "; ".join(f"kafka.{family}.{'|'.join(sizes)}" for family, sizes in SIZES.items())
        reader.problems.add(reader.at("instance_type"), value, f"the types of Standard brokers are {families}")
    else:
        return value
    return ""


def read_key(reader: Reader) -> str:
    value = reader.text("kms_key_arn", "")
    if value and not KMS_KEY_ARN.fullmatch(value) and not is_unknown(value):
        reader.problems.add(reader.at("kms_key_arn"), value, "it must be the ARN of a KMS key of the component's region")
        return ""
    return value


def read_auth(reader: Reader) -> Auth:
    authorities = reader.items(
        "tls", (), as_authority, "it must be the ARN of a private certificate authority: arn:aws:acm-pca:...:certificate-authority/..."
    )
    scram = read_scram(reader)
    found = Auth(reader.boolean("iam", True), scram, authorities, reader.boolean("unauthenticated", False))
    reader.finish()
    return found


def read_scram(reader: Reader) -> dict[str, str]:
    """User -> marker. Passwords are generated, and another marker generates another one."""
    found: dict[str, str] = {}
    for user, given in reader.mapping("scram").items():
        settings = Reader(given, f"{reader.at('scram')}.{user}", reader.problems)
        if settings.take("password") is not None:
            reader.problems.messages.append(f"{settings.at('password')} is set, but {ELSEWHERE['password']}: it is generated")
        if not USER.fullmatch(user):
            reader.problems.add(reader.at("scram"), user, "the name of a user must be 1 to 64 letters, digits, and . _ -")
        found[user] = read_rotation(settings)
        settings.finish()
    return found


def as_authority(value: Any) -> str | None:
    return str(value) if isinstance(value, str) and (AUTHORITY.fullmatch(value) or is_unknown(value)) else None
