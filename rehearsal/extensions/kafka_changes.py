"""Changes of clusters: one at a time, each under the current version, which it replaces. Also the secrets of clients with SCRAM."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from typing import Any

from rehearsal.extensions.kafka_clusters import changeable, check_count, check_revision, check_type, check_version
from rehearsal.extensions.kafka_common import bad, cluster_of, is_kraft, page
from rehearsal.extensions.kafka_record import ACTIVE, CLUSTER, UPDATING, Cluster, new_version, phase
from rehearsal.life import end_script, life_of
from rehearsal.registry import Call, answers, backend

SMALLEST_STEP = 10
PREFIX = "AmazonMSK_"


def _begin(one: Cluster, change: Callable[[], Any]) -> dict[str, Any]:
    """The change is made at the end of the operation, and with it the version changes."""

    def end() -> None:
        change()
        one.version = new_version()

    end_script(CLUSTER, one)
    life_of(one).play([phase(UPDATING, end=end)], ACTIVE)
    return {"ClusterArn": one.arn, "ClusterOperationArn": one.arn.replace(":cluster/", ":cluster-operation/") + f"/{uuid.uuid4()}"}


@answers("kafka", "UpdateBrokerStorage")
def storage(call: Call) -> Any:
    one, targets = changeable(call), call.get("TargetBrokerEBSVolumeInfo") or []
    info = one.members["BrokerNodeGroupInfo"]["StorageInfo"]["EbsStorageInfo"]
    wanted = int(targets[0].get("VolumeSizeGB") or 0)
    if wanted < info["VolumeSize"] + SMALLEST_STEP:
        raise bad(f"The storage must increase by at least {SMALLEST_STEP} GiB: it has {info['VolumeSize']}.")
    return _begin(one, lambda: info.update(VolumeSize=wanted))


@answers("kafka", "UpdateBrokerType")
def instance_type(call: Call) -> Any:
    one = changeable(call)
    check_type(call.get("TargetInstanceType"))
    return _begin(one, lambda: one.members["BrokerNodeGroupInfo"].update(InstanceType=call.get("TargetInstanceType")))


@answers("kafka", "UpdateBrokerCount")
def count(call: Call) -> Any:
    one, wanted = changeable(call), int(call.get("TargetNumberOfBrokerNodes"))
    check_count(wanted, len(one.members["BrokerNodeGroupInfo"]["ClientSubnets"]))
    return _begin(one, lambda: one.members.update(NumberOfBrokerNodes=wanted))


@answers("kafka", "UpdateClusterKafkaVersion")
def kafka_version(call: Call) -> Any:
    one, wanted = changeable(call), str(call.get("TargetKafkaVersion"))
    check_version(wanted)
    software = one.members["CurrentBrokerSoftwareInfo"]
    if is_kraft(wanted) != is_kraft(software["KafkaVersion"]):
        raise bad("A cluster cannot be changed between ZooKeeper and KRaft.")
    changed: dict[str, Any] = {"KafkaVersion": wanted}
    if chosen := call.get("ConfigurationInfo"):
        check_revision(call, chosen)
        changed |= {"ConfigurationArn": chosen["Arn"], "ConfigurationRevision": chosen["Revision"]}
    return _begin(one, lambda: software.update(changed))


@answers("kafka", "UpdateClusterConfiguration")
def configuration(call: Call) -> Any:
    one, chosen = changeable(call), call.get("ConfigurationInfo")
    check_revision(call, chosen)
    changed = {"ConfigurationArn": chosen["Arn"], "ConfigurationRevision": chosen["Revision"]}
    return _begin(one, lambda: one.members["CurrentBrokerSoftwareInfo"].update(changed))


@answers("kafka", "UpdateMonitoring")
def monitoring(call: Call) -> Any:
    one = changeable(call)
    changed = {name: call.get(name) for name in ("EnhancedMonitoring", "OpenMonitoring", "LoggingInfo") if call.get(name) is not None}
    return _begin(one, lambda: one.members.update(changed))


@answers("kafka", "UpdateSecurity")
def security(call: Call) -> Any:
    one = changeable(call)
    changed = {"ClientAuthentication": call.get("ClientAuthentication") or one.members["ClientAuthentication"]}
    if wanted := (call.get("EncryptionInfo") or {}).get("EncryptionInTransit"):
        encryption = one.members["EncryptionInfo"]
        changed["EncryptionInfo"] = {**encryption, "EncryptionInTransit": {**encryption["EncryptionInTransit"], **wanted}}
    return _begin(one, lambda: one.members.update(changed))


# -- SCRAM ---------------------------------------------------------------------------------------------------------------------------


@answers("kafka", "ListScramSecrets")
def scram_secrets(call: Call) -> Any:
    return page(call, "SecretArnList", cluster_of(call).scram)


@answers("kafka", "BatchAssociateScramSecret")
def associate(call: Call) -> Any:
    """Status 200 whatever happens: the reply lists what was not taken, and why."""
    one, failed = cluster_of(call), []
    for arn in call.get("SecretArnList") or []:
        if problem := _problem(call, arn):
            failed.append({"SecretArn": arn, "ErrorCode": problem[0], "ErrorMessage": problem[1]})
        elif arn not in one.scram:
            one.scram.append(arn)
    return {"ClusterArn": one.arn, "UnprocessedScramSecrets": failed}


@answers("kafka", "BatchDisassociateScramSecret")
def disassociate(call: Call) -> Any:
    one = cluster_of(call)
    one.scram = [arn for arn in one.scram if arn not in (call.get("SecretArnList") or [])]
    return {"ClusterArn": one.arn, "UnprocessedScramSecrets": []}


def _problem(call: Call, arn: str) -> tuple[str, str] | None:
    secrets = dict.values(backend("secretsmanager", call.account_id, call.region).secrets)
    found = next((one for one in secrets if one.arn == arn), None)
    if found is None:
        return "INVALID_SECRET_ARN", "The secret does not exist."
    if not found.name.startswith(PREFIX):
        return "INVALID_SECRET_NAME", f"The name of the secret must begin with {PREFIX}."
    if not found.kms_key_id or "alias/aws/" in str(found.kms_key_id):
        return "INVALID_SECRET_KEY", "The secret must be encrypted with a customer managed key."
    current = next(one for one in found.versions.values() if "AWSCURRENT" in one["version_stages"])
    try:
        value = json.loads(current.get("secret_string") or "")
    except ValueError:
        value = None
    if not isinstance(value, dict) or not {"username", "password"} <= set(value):
        return "INVALID_SECRET", "The secret must hold username and password."
    return None
