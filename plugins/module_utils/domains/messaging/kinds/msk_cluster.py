# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Clusters: Amazon MSK with brokers of their own, or serverless.

MSK makes one change at a time, each under the current version of the cluster, which it replaces. A cluster serves clients meanwhile, so it
counts as ready; a change waits until the one before is complete.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any, NamedTuple

from ....aws.canonical import sorted_strings
from ....aws.connection import Aws
from ....aws.named_kind import NamedCalls, Tagging
from ....reconcile.errors import CallFailed, NotYet
from ....reconcile.model import Observed, State, fixed, given, later
from ..settings.kafka_versions import kept
from .msk import BAD, MskKind, creating
from .msk_topics import kept_topics, read_topics, set_topics
from .stream_secret import secrets_prefix

PROVISIONED, SERVERLESS = "PROVISIONED", "SERVERLESS"
ACTIVE, CREATING, UPDATING, DELETING = "ACTIVE", "CREATING", "UPDATING", "DELETING"
STATES: Mapping[str, State] = {"creating": "pending", "deleting": "deleting", "failed": "failed"}
CREATED_WITHIN = 5400.0
CHANGED_WITHIN = 21600.0
"""Seconds for all changes of one run together: each goes from broker to broker, a quarter of an hour for one."""
SECRETS_AT_ONCE = 10
VISIBLE_WITHIN = 600.0
"""Seconds within which a cluster that is active again must show what a change made."""

BOOTSTRAP: Mapping[str, str] = {
    "iam": "BootstrapBrokerStringSaslIam",
    "scram": "BootstrapBrokerStringSaslScram",
    "tls": "BootstrapBrokerStringTls",
    "plaintext": "BootstrapBrokerString",
}
"""Way of logging in -> the member of GetBootstrapBrokers with the addresses."""


def never_smaller(desired: int | None, observed: int | None) -> int | None:
    """MSK's storage only grows, also by its own scaling."""
    return max(desired, observed) if desired and observed else desired


class Step(NamedTuple):
    """One change: the call, the properties that it sets, and its parameters."""

    method: str
    params: Mapping[str, Any]


class MskCluster(MskKind):
    """A serverless cluster has only names, a place, and tags.

    ``topics``: the names of the described topics, by the address of their cluster. No others are read.
    """

    name = "msk_cluster"
    calls = NamedCalls(
        service="kafka",
        list="list_clusters_v2",
        items="ClusterInfoList",
        describe="describe_cluster_v2",
        item="ClusterInfo",
        create="create_cluster_v2",
        delete="delete_cluster",
        name="ClusterArn",
        id="ClusterArn",
        arn="ClusterArn",
    )
    tagging = Tagging(tag="tag_resource", untag="untag_resource", key="ResourceArn", members=None)
    operations = (
        *("update_broker_count", "update_broker_storage", "update_broker_type", "update_cluster_configuration"),
        *("update_cluster_kafka_version", "update_monitoring", "update_security"),
        *("batch_associate_scram_secret", "batch_disassociate_scram_secret", "list_scram_secrets"),
        "get_bootstrap_brokers",
        *("create_topic", "describe_topic", "update_topic"),
    )
    states = STATES
    settles = ("delete",)
    listed_only, name_member = "State", "ClusterName"
    holds_data = True
    timeout = CREATED_WITHIN
    timeouts = {"update": CHANGED_WITHIN}
    called = "cluster_name"
    changing = {
        "kafka_version": ("kafka_version",),
        "instance_type": ("instance_type",),
        "brokers": ("broker_count",),
        **{f"bootstrap_{mode}": ("authentication", "client_broker", "broker_count") for mode in BOOTSTRAP},
    }

    cluster_name = fixed()
    cluster_type = fixed()
    subnet_ids = fixed(canonical=sorted_strings)
    security_groups = fixed(canonical=sorted_strings)
    kms_key_id = fixed()
    kafka_version = given(effective=kept)
    instance_type = given()
    broker_count = given()
    storage_gib = given(effective=never_smaller)
    configuration = given()
    authentication = given()
    client_broker = given()
    monitoring = given()
    open_monitoring = given()
    broker_log_group = given()
    scram_secrets = later(canonical=sorted_strings)
    topics = later(effective=kept_topics)

    def __init__(self, looks: bool = True, topics: Mapping[str, Collection[str]] | None = None) -> None:
        super().__init__(looks)
        self.topic_names = topics or {}

    def complete(self, aws: Aws, raw: Mapping[str, Any]) -> dict[str, Any]:
        """With its addresses, the described topics, which MSK shows only while it is active, and our secrets."""
        if str(raw["State"]).lower() in STATES or "Bootstrap" in raw:
            return dict(raw)
        where = {"ClusterArn": raw["ClusterArn"]}
        found = {**raw, "Bootstrap": aws.find("kafka", "get_bootstrap_brokers", **where) or {}}
        names = self.topic_names.get(aws.owner.address(self.tags_of(raw)) or "")
        if names and raw["State"] == ACTIVE:
            found["Topics"] = read_topics(aws, raw["ClusterArn"], names)
        if not _enabled(_sasl(raw), "Scram"):
            return found
        ours = f":secret:{secrets_prefix(aws.owner)}"
        return {**found, "Scram": [one for one in aws.list_all("kafka", "list_scram_secrets", "SecretArnList", **where) if ours in one]}

    def reason_of(self, raw: Mapping[str, Any]) -> str:
        return str((raw.get("StateInfo") or {}).get("Message") or "")

    # -- properties ------------------------------------------------------------------------------------------------------------------

    def get_subnet_ids(self, raw: Mapping[str, Any]) -> Any:
        return _place(raw).get("SubnetIds") or _nodes(raw).get("ClientSubnets")

    def get_security_groups(self, raw: Mapping[str, Any]) -> Any:
        return _place(raw).get("SecurityGroupIds") or _nodes(raw).get("SecurityGroups")

    def get_kms_key_id(self, raw: Mapping[str, Any]) -> Any:
        return (_encryption(raw).get("EncryptionAtRest") or {}).get("DataVolumeKMSKeyId")

    def get_kafka_version(self, raw: Mapping[str, Any]) -> Any:
        return _software(raw).get("KafkaVersion")

    def get_instance_type(self, raw: Mapping[str, Any]) -> Any:
        return _nodes(raw).get("InstanceType")

    def get_broker_count(self, raw: Mapping[str, Any]) -> Any:
        return _provisioned(raw).get("NumberOfBrokerNodes")

    def get_storage_gib(self, raw: Mapping[str, Any]) -> Any:
        return ((_nodes(raw).get("StorageInfo") or {}).get("EbsStorageInfo") or {}).get("VolumeSize")

    def get_configuration(self, raw: Mapping[str, Any]) -> Any:
        software = _software(raw)
        if not software.get("ConfigurationArn"):
            return None
        return {"arn": software["ConfigurationArn"], "revision": software.get("ConfigurationRevision")}

    def get_authentication(self, raw: Mapping[str, Any]) -> Any:
        if not _provisioned(raw):
            return None
        given = _provisioned(raw).get("ClientAuthentication") or {}
        return {
            "iam": _enabled(_sasl(raw), "Iam"),
            "scram": _enabled(_sasl(raw), "Scram"),
            "tls": sorted((given.get("Tls") or {}).get("CertificateAuthorityArnList") or []) if _enabled(given, "Tls") else [],
            "unauthenticated": _enabled(given, "Unauthenticated"),
        }

    def get_client_broker(self, raw: Mapping[str, Any]) -> Any:
        return (_encryption(raw).get("EncryptionInTransit") or {}).get("ClientBroker")

    def get_monitoring(self, raw: Mapping[str, Any]) -> Any:
        return _provisioned(raw).get("EnhancedMonitoring")

    def get_open_monitoring(self, raw: Mapping[str, Any]) -> Any:
        if not _provisioned(raw):
            return None
        exporters = (_provisioned(raw).get("OpenMonitoring") or {}).get("Prometheus") or {}
        return {name: bool((exporters.get(member) or {}).get("EnabledInBroker")) for name, member in EXPORTERS.items()}

    def get_broker_log_group(self, raw: Mapping[str, Any]) -> Any:
        if not _provisioned(raw):
            return None
        logs = (((_provisioned(raw).get("LoggingInfo") or {}).get("BrokerLogs") or {}).get("CloudWatchLogs")) or {}
        return str(logs.get("LogGroup") or "") if logs.get("Enabled") else ""

    def get_scram_secrets(self, raw: Mapping[str, Any]) -> list[str]:
        """Ours: other components may have theirs beside them."""
        return list(raw.get("Scram") or [])

    def attributes(self, raw: Mapping[str, Any]) -> dict[str, Any]:
        """``version``: of the cluster, which each change replaces. Not to be mixed up with that of Kafka."""
        bootstrap = raw.get("Bootstrap") or {}
        return {
            **super().attributes(raw),
            "name": raw.get("ClusterName"),
            "serverless": raw.get("ClusterType") == SERVERLESS,
            "version": raw.get("CurrentVersion"),
            "kafka_version": self.get_kafka_version(raw),
            "instance_type": self.get_instance_type(raw),
            "brokers": self.get_broker_count(raw),
            **{f"bootstrap_{mode}": bootstrap.get(member) or None for mode, member in BOOTSTRAP.items()},
        }

    # -- creating --------------------------------------------------------------------------------------------------------------------

    def create(self, aws: Aws, address: str, properties: Mapping[str, Any], _token: str) -> Observed:
        tags = {**properties.get("tags", {}), **aws.owner.tags(address)}
        given = {"ClusterName": properties["cluster_name"], **in_create(properties), "Tags": tags}
        reply = creating(lambda: aws.change("kafka", "create_cluster_v2", **given))
        raw = {**reply, "ClusterName": properties["cluster_name"], "State": CREATING, "Tags": tags}
        sent = {name: value for name, value in properties.items() if self.properties[name].compared and value is not None}
        return replace(self.made(aws, raw, address).changed(sent), state="pending")

    # -- changing --------------------------------------------------------------------------------------------------------------------

    def update(self, aws: Aws, seen: Observed, properties: Mapping[str, Any]) -> None:
        """One change after the other. Raises NotYet until all are made; the engine calls again."""
        now = self.at_rest(aws, seen, alone=set(properties) != {"tags"})
        left = {name: value for name, value in properties.items() if not self.is_reached(name, value, now.properties.get(name))}
        if "tags" in left:
            self.set_tags(aws, now, left.pop("tags"))
        secrets, there = (frozenset(found.get("scram_secrets") or ()) for found in (left, now.properties))
        if left.pop("scram_secrets", None) is not None:
            self.set_secrets(aws, now, "batch_disassociate_scram_secret", there - secrets)
        topics = left.pop("topics", None) or {}
        step = next_step(left)
        if step is None:
            aws.begun.pop(now.id, None)
            self.set_secrets(aws, now, "batch_associate_scram_secret", secrets - there)
            self.set_topics(aws, now, topics)
            return
        method, since = (aws.begun.get(now.id) or " ").split(" ")
        if method != step.method:
            self.begin(aws, now, step)
        elif time.monotonic() - float(since) > VISIBLE_WITHIN:
            operation = "".join(word.capitalize() for word in method.split("_"))
            hint = "Look at the operations of the cluster in the console of MSK; run again."
            raise CallFailed(f"MSK did not make the change of {', '.join(sorted(left))}", f"kafka:{operation}", hint=hint)
        raise NotYet("the cluster is being updated", "", "ChangeInProgress", dependency=True)

    @staticmethod
    def set_secrets(aws: Aws, now: Observed, method: str, arns: Collection[str]) -> None:
        """Associate secrets, or no longer. MSK's reply is a success whatever happens: it lists what was not done, and why."""
        operation = "kafka:" + "".join(word.capitalize() for word in method.split("_"))
        for begin in range(0, len(arns), SECRETS_AT_ONCE):
            chosen = sorted(arns)[begin : begin + SECRETS_AT_ONCE]
            failed = aws.change("kafka", method, ClusterArn=now.id, SecretArnList=chosen).get("UnprocessedScramSecrets") or []
            if failed:
                said = "; ".join(f"{one.get('SecretArn')}: {one.get('ErrorMessage')}" for one in failed)
                raise CallFailed(f"MSK did not take every secret: {said}", operation, str(failed[0].get("ErrorCode") or ""))

    def set_topics(self, aws: Aws, now: Observed, topics: Mapping[str, Any]) -> None:
        """Raises NotYet until all are shown, and while MSK has begun something else, during which it takes no topics."""
        try:
            set_topics(aws, now.id, topics, now.properties.get("topics"))
        except CallFailed as error:
            if error.code == BAD:
                self.at_rest(aws, now)
            raise

    def begin(self, aws: Aws, now: Observed, step: Step) -> None:
        """Make the call. Raises NotYet if MSK has begun something of its own since the cluster was read."""
        try:
            aws.change("kafka", step.method, ClusterArn=now.id, CurrentVersion=now.attributes["version"], **step.params)
        except CallFailed as error:
            if error.code == BAD and self.at_rest(aws, now).attributes["version"] != now.attributes["version"]:
                raise NotYet(error.message, error.operation, error.code, dependency=True) from error
            raise
        aws.begun[now.id] = f"{step.method} {time.monotonic()}"

    def at_rest(self, aws: Aws, seen: Observed, alone: bool = True) -> Observed:
        """The cluster as described. Raises NotYet while it is not active; with ``alone`` false, only until it exists."""
        raws = self.described(aws, [self.where(seen)])
        status = str(raws[0].get(self.status_member)) if raws else DELETING
        if status in (DELETING, "FAILED"):
            raise CallFailed(f"{seen.id} is {status}", "", status, "Run again.")
        if status != ACTIVE and (alone or status == CREATING):
            raise NotYet(f"the cluster is {status}", "", "ChangeInProgress", dependency=True)
        found = self.observe_all(aws, raws)
        if not found:
            raise CallFailed(f"{seen.id} no longer carries this component's tags", hint="Run again.")
        return found[0]

    def is_reached(self, name: str, wanted: Any, observed: Any) -> bool:
        declared = self.properties[name]
        return bool(declared.target(wanted, observed) == declared.normal(observed)) or (not wanted and not observed)

    def delete(self, aws: Aws, seen: Observed) -> None:
        """Raises NotYet while the cluster is created or changed. A second call finds it being deleted."""
        raws = self.described(aws, [self.where(seen)])
        status = str(raws[0].get(self.status_member)) if raws else DELETING
        if status == DELETING:
            return
        if status not in (ACTIVE, "FAILED"):
            raise NotYet(f"the cluster is {status}", "kafka:DeleteCluster", "ChangeInProgress", dependency=True)
        super().delete(aws, seen)


EXPORTERS: Mapping[str, str] = {"jmx": "JmxExporter", "node": "NodeExporter"}


def _provisioned(raw: Mapping[str, Any]) -> Mapping[str, Any]:
    return raw.get("Provisioned") or {}


def _nodes(raw: Mapping[str, Any]) -> Mapping[str, Any]:
    return _provisioned(raw).get("BrokerNodeGroupInfo") or {}


def _software(raw: Mapping[str, Any]) -> Mapping[str, Any]:
    return _provisioned(raw).get("CurrentBrokerSoftwareInfo") or {}


def _encryption(raw: Mapping[str, Any]) -> Mapping[str, Any]:
    return _provisioned(raw).get("EncryptionInfo") or {}


def _place(raw: Mapping[str, Any]) -> Mapping[str, Any]:
    configs = (raw.get("Serverless") or {}).get("VpcConfigs") or [{}]
    return configs[0] or {}


def _sasl(raw: Mapping[str, Any]) -> Mapping[str, Any]:
    return (_provisioned(raw).get("ClientAuthentication") or {}).get("Sasl") or {}


def _enabled(given: Mapping[str, Any] | None, member: str) -> bool:
    return bool(((given or {}).get(member) or {}).get("Enabled"))


def in_create(properties: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters of CreateClusterV2, except the name and the tags."""
    if properties["cluster_type"] == SERVERLESS:
        place = {"SubnetIds": properties["subnet_ids"], "SecurityGroupIds": properties["security_groups"]}
        return {"Serverless": {"VpcConfigs": [place], "ClientAuthentication": {"Sasl": {"Iam": {"Enabled": True}}}}}
    nodes = {
        "ClientSubnets": properties["subnet_ids"],
        "SecurityGroups": properties["security_groups"],
        "InstanceType": properties["instance_type"],
        "StorageInfo": {"EbsStorageInfo": {"VolumeSize": properties["storage_gib"]}},
    }
    encryption: dict[str, Any] = {"EncryptionInTransit": {"ClientBroker": properties["client_broker"], "InCluster": True}}
    if key := properties.get("kms_key_id"):
        encryption["EncryptionAtRest"] = {"DataVolumeKMSKeyId": key}
    provisioned: dict[str, Any] = {
        "BrokerNodeGroupInfo": nodes,
        "EncryptionInfo": encryption,
        "KafkaVersion": properties["kafka_version"],
        "NumberOfBrokerNodes": properties["broker_count"],
        **monitoring_sent(properties),
    }
    if configuration := properties.get("configuration"):
        provisioned["ConfigurationInfo"] = configuration_sent(configuration)
    if authentication := properties.get("authentication"):
        provisioned["ClientAuthentication"] = authentication_sent(authentication)
    return {"Provisioned": provisioned}


def next_step(left: Mapping[str, Any]) -> Step | None:
    """The first change to make of these properties; None if nothing is left. Room comes first, and what is watched comes last."""
    if "storage_gib" in left:
        targets = [{"KafkaBrokerNodeId": "All", "VolumeSizeGB": left["storage_gib"]}]
        return Step("update_broker_storage", {"TargetBrokerEBSVolumeInfo": targets})
    if "instance_type" in left:
        return Step("update_broker_type", {"TargetInstanceType": left["instance_type"]})
    if "broker_count" in left:
        return Step("update_broker_count", {"TargetNumberOfBrokerNodes": left["broker_count"]})
    configuration = {"ConfigurationInfo": configuration_sent(left["configuration"])} if left.get("configuration") else {}
    if "kafka_version" in left:
        return Step("update_cluster_kafka_version", {"TargetKafkaVersion": left["kafka_version"], **configuration})
    if configuration:
        return Step("update_cluster_configuration", configuration)
    security: dict[str, Any] = {}
    if "authentication" in left:
        security["ClientAuthentication"] = authentication_sent(left["authentication"])
    if "client_broker" in left:
        security["EncryptionInfo"] = {"EncryptionInTransit": {"ClientBroker": left["client_broker"]}}
    if security:
        return Step("update_security", security)
    monitored = monitoring_sent(left)
    return Step("update_monitoring", monitored) if monitored else None


def configuration_sent(value: Mapping[str, Any]) -> dict[str, Any]:
    return {"Arn": value["arn"], "Revision": int(value["revision"])}


def authentication_sent(value: Mapping[str, Any]) -> dict[str, Any]:
    authorities = list(value.get("tls") or [])
    return {
        "Sasl": {"Iam": {"Enabled": bool(value.get("iam"))}, "Scram": {"Enabled": bool(value.get("scram"))}},
        "Tls": {"Enabled": bool(authorities), **({"CertificateAuthorityArnList": authorities} if authorities else {})},
        "Unauthenticated": {"Enabled": bool(value.get("unauthenticated"))},
    }


def monitoring_sent(given: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if given.get("monitoring"):
        found["EnhancedMonitoring"] = given["monitoring"]
    if given.get("open_monitoring"):
        exporters = {member: {"EnabledInBroker": bool(given["open_monitoring"][name])} for name, member in EXPORTERS.items()}
        found["OpenMonitoring"] = {"Prometheus": exporters}
    if (group := given.get("broker_log_group")) is not None:
        logs = {"Enabled": True, "LogGroup": group} if group else {"Enabled": False}
        found["LoggingInfo"] = {"BrokerLogs": {"CloudWatchLogs": logs}}
    return found
