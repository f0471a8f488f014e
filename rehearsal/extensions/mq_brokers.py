"""Brokers: creation, descriptions, changes that wait for a reboot, and the end.

RabbitMQ only; an ActiveMQ broker is refused in one sentence.
"""

from __future__ import annotations

import importlib
import re
import uuid
from collections.abc import Mapping
from typing import Any

from rehearsal.asking import arn
from rehearsal.extensions.kms_access import KeyUnusable, key_arn_for, usable_key
from rehearsal.extensions.mq_common import (
    NEXT,
    bad,
    broker_of,
    check_type,
    check_version,
    configuration_of,
    conflict,
    minor_of,
    page,
    store,
)
from rehearsal.extensions.mq_configurations import default_configuration
from rehearsal.extensions.mq_record import (
    BROKER,
    CREATING,
    CRITICAL,
    DELETING,
    NOT_UPGRADEABLE,
    REBOOTING,
    RUNNING,
    Broker,
    begun,
    phase,
)
from rehearsal.in_vpc import subnets_by_id
from rehearsal.life import end_script, life_of
from rehearsal.registry import Call, answers, backend
from rehearsal.replies import Refusal
from rehearsal.transitions import moment

SINGLE, CLUSTER = "SINGLE_INSTANCE", "CLUSTER_MULTI_AZ"
PENDING: Mapping[str, str] = {
    "EngineVersion": "PendingEngineVersion",
    "HostInstanceType": "PendingHostInstanceType",
    "SecurityGroups": "PendingSecurityGroups",
}
"""Members of UpdateBroker that a reboot applies, and where DescribeBroker shows them until then."""
DEFAULT_WINDOW = {"DayOfWeek": "SUNDAY", "TimeOfDay": "00:00", "TimeZone": "UTC"}
_NAME = re.compile(r"[A-Za-z0-9._~-]{1,50}")
_PASSWORD = re.compile(r"[^,:=]{12,250}")
_FEWEST_SIGNS = 4


@answers("mq", "CreateBroker")
def create(call: Call) -> Any:
    name, known = str(call.get("BrokerName")), store(call).brokers
    _check(call, name)
    if any(one.name == name for one in known.values()):
        raise conflict(f"Requested broker name is already in use. [{name}]")
    version = check_version(call.get("EngineVersion"))
    check_type(call.get("HostInstanceType"), version, str(call.get("DeploymentMode")))
    identity = f"b-{uuid.uuid4()}"
    chosen = call.get("Configuration")
    if chosen:
        configuration_of(call, chosen["Id"])
    user = call.get("Users")[0]
    broker = Broker(
        identity,
        arn(call, "mq", f"broker:{name}:{identity}"),
        name,
        call.region,
        call.account_id,
        moment(),
        fixed=_fixed(call),
        values={
            "EngineVersion": version,
            "HostInstanceType": call.get("HostInstanceType"),
            "SecurityGroups": list(call.get("SecurityGroups") or []),
            "Logs": {"General": bool((call.get("Logs") or {}).get("General"))},
            "Configuration": dict(chosen or default_configuration(call, name, version)),
        },
        window=dict(call.get("MaintenanceWindowStartTime") or DEFAULT_WINDOW),
        users={user["Username"]: user["Password"]},
        tags=dict(call.get("Tags") or {}),
    )
    if call.settings.brokers:
        broker.management = _management(broker)
    known[identity] = begun(broker, [phase(CREATING)])
    return {"BrokerId": identity, "BrokerArn": broker.arn}


def _management(one: Broker) -> Any:
    """What its management API shows, which answers while the broker runs. Imported with the first broker."""
    made = importlib.import_module("rehearsal.rabbitmq.management").Management(
        version=lambda: str(one.values["EngineVersion"]), running=lambda: one.status in (RUNNING, CRITICAL)
    )
    return made.begun(*next(iter(one.users.items())))


def _fleet() -> Any:
    return importlib.import_module("rehearsal.rabbitmq.fleet").fleet


def _check(call: Call, name: str) -> None:
    if call.get("EngineType") != "RABBITMQ":
        raise bad("The rehearsal cloud plays brokers of RabbitMQ only.", "engineType")
    if not _NAME.fullmatch(name):
        raise bad(f"Broker name [{name}] is invalid: 1 to 50 letters, digits, and - . _ ~", "brokerName")
    if not call.get("AutoMinorVersionUpgrade"):
        raise bad("AutoMinorVersionUpgrade must be enabled for this engine version.", "autoMinorVersionUpgrade")
    users = call.get("Users") or []
    if len(users) != 1:
        raise bad("Specify exactly one user for engine type [RABBITMQ].", "users")
    if not _PASSWORD.fullmatch(users[0]["Password"]) or len(set(users[0]["Password"])) < _FEWEST_SIGNS:
        raise bad(
            "The password must have 12 to 250 characters, at least 4 of them different, and no commas, colons, or equals signs.", "users"
        )
    _check_place(call)


def _check_place(call: Call) -> None:
    mode, wanted = call.get("DeploymentMode"), list(call.get("SubnetIds") or [])
    if mode not in (SINGLE, CLUSTER):
        raise bad(f"Deployment mode [{mode}] is invalid for engine type RABBITMQ.", "deploymentMode")
    known = subnets_by_id(call)
    if unknown := [one for one in wanted if one not in known]:
        raise bad(f"Subnet [{unknown[0]}] does not exist.", "subnetIds")
    if mode == SINGLE and len(wanted) > 1:
        raise bad("Specify exactly one subnet for deployment mode [SINGLE_INSTANCE].", "subnetIds")
    zones = [known[one].availability_zone for one in wanted]
    if len(set(zones)) < len(zones):
        raise bad("Specify subnets in different Availability Zones.", "subnetIds")
    _check_groups(call)


def _check_groups(call: Call) -> None:
    known = {identity for of_vpc in backend("ec2", call.account_id, call.region).groups.values() for identity in of_vpc}
    if unknown := [one for one in call.get("SecurityGroups") or [] if one not in known]:
        raise bad(f"Security group [{unknown[0]}] does not exist.", "securityGroups")


def _fixed(call: Call) -> dict[str, Any]:
    given = call.get("EncryptionOptions") or {"UseAwsOwnedKey": True}
    options: dict[str, Any] = {"UseAwsOwnedKey": bool(given.get("UseAwsOwnedKey"))}
    if key := given.get("KmsKeyId"):
        try:
            options["KmsKeyId"] = key_arn_for(call, key, "mq")
        except KeyUnusable as error:
            raise bad(f"The KMS key [{key}] cannot be used: {error}", "encryptionOptions") from error
    return {
        "AuthenticationStrategy": "SIMPLE",
        "AutoMinorVersionUpgrade": True,
        "DeploymentMode": call.get("DeploymentMode"),
        "EncryptionOptions": options,
        "EngineType": "RABBITMQ",
        "PubliclyAccessible": bool(call.get("PubliclyAccessible")),
        "StorageType": "EBS",
        "SubnetIds": list(call.get("SubnetIds") or []),
    }


@answers("mq", "ListBrokers")
def listed(call: Call) -> Any:
    found = [
        {
            "BrokerArn": one.arn,
            "BrokerId": one.id,
            "BrokerName": one.name,
            "BrokerState": one.status,
            "Created": one.created,
            "DeploymentMode": one.fixed["DeploymentMode"],
            "EngineType": "RABBITMQ",
            "HostInstanceType": one.values["HostInstanceType"],
        }
        for one in store(call).brokers.values()
    ]
    return page(call, "BrokerSummaries", found)


@answers("mq", "DescribeBroker")
def describe(call: Call) -> Any:
    """Its users are not shown: Amazon MQ does not know those of RabbitMQ."""
    one = broker_of(call)
    logs: dict[str, Any] = {**one.values["Logs"], "GeneralLogGroup": f"/aws/amazonmq/broker/{one.id}/general"}
    if "Logs" in one.pending:
        logs["Pending"] = one.pending["Logs"]
    configurations = {"Current": one.values["Configuration"], "History": []}
    if "Configuration" in one.pending:
        configurations["Pending"] = one.pending["Configuration"]
    status = one.status
    return {
        **one.fixed,
        **{name: one.values[name] for name in PENDING},
        **{shown: one.pending[name] for name, shown in PENDING.items() if name in one.pending},
        "ActionsRequired": [{"ActionRequiredCode": NOT_UPGRADEABLE}] if status == CRITICAL else [],
        "BrokerArn": one.arn,
        "BrokerId": one.id,
        "BrokerInstances": [] if status == CREATING else [_instance(one)],
        "BrokerName": one.name,
        "BrokerState": status,
        "Configurations": configurations,
        "Created": one.created,
        "Logs": logs,
        "MaintenanceWindowStartTime": one.window,
        "Tags": dict(one.tags),
        "Users": [],
    }


def _instance(one: Broker) -> dict[str, Any]:
    host = f"{one.id}.mq.{one.region}.on.aws"
    console = _fleet().url(one.arn, one.management) if one.management else f"https://{host}"
    return {"ConsoleURL": console, "Endpoints": [f"amqps://{host}:5671"]}


def _changeable(call: Call) -> Broker:
    one = broker_of(call)
    if one.status not in (RUNNING, CRITICAL):
        raise bad(f"The broker [{one.id}] is in state [{one.status}]. Only brokers in state [RUNNING] can be changed.")
    return one


@answers("mq", "UpdateBroker")
def update(call: Call) -> Any:
    one = _changeable(call)
    wanted = {name: call.get(name) for name in (*PENDING, "Configuration", "Logs") if call.get(name) is not None}
    if call.get("AutoMinorVersionUpgrade") is False:
        raise bad("AutoMinorVersionUpgrade must be enabled for this engine version.", "autoMinorVersionUpgrade")
    if "EngineVersion" in wanted:
        wanted["EngineVersion"] = _upgraded(call, one, str(wanted["EngineVersion"]))
    version = str(wanted.get("EngineVersion") or one.pending.get("EngineVersion") or one.values["EngineVersion"])
    check_type(wanted.get("HostInstanceType") or one.values["HostInstanceType"], version, one.fixed["DeploymentMode"])
    if "Configuration" in wanted:
        _check_revision(call, wanted["Configuration"])
    if "Logs" in wanted:
        wanted["Logs"] = {"General": bool(wanted["Logs"].get("General"))}
    _check_groups(call)
    if window := call.get("MaintenanceWindowStartTime"):
        one.window = dict(window)
    for name, value in wanted.items():
        if value == one.values[name]:
            one.pending.pop(name, None)
        else:
            one.pending[name] = value
    if one.status == CRITICAL and "EngineVersion" not in one.pending:
        life_of(one).drop(RUNNING)
    end_script(BROKER, one)
    return {"BrokerId": one.id, **{name: wanted.get(name, one.values[name]) for name in (*PENDING, "Configuration")}}


def _upgraded(call: Call, one: Broker, wanted: str) -> str:
    """The version to install: the present one, or the next. RabbitMQ 4 needs a Graviton instance type that is in force already."""
    full, now = check_version(wanted), minor_of(one.values["EngineVersion"])
    if wanted == now:
        return str(one.values["EngineVersion"])
    if NEXT.get(now) != wanted:
        raise bad(f"Broker engine version cannot be changed from [{now}] to [{wanted}].", "engineVersion")
    check_type(one.values["HostInstanceType"], full, one.fixed["DeploymentMode"])
    if one.key and now.startswith("3"):
        try:
            usable_key(call, one.key, "mq", "CreateGrant", "DescribeKey")
        except KeyUnusable as error:
            raise Refusal("ForbiddenException", f"Creating a grant for the KMS key was denied: {error}", 403) from error
    return full


def _check_revision(call: Call, wanted: Mapping[str, Any]) -> None:
    found = configuration_of(call, wanted["Id"])
    if not 1 <= int(wanted.get("Revision") or len(found.revisions)) <= len(found.revisions):
        raise bad(f"Configuration [{found.id}] has no revision [{wanted['Revision']}].", "configuration")


@answers("mq", "RebootBroker")
def reboot(call: Call) -> Any:
    one = _changeable(call)
    end_script(BROKER, one)
    life_of(one).play([phase(REBOOTING, end=one.apply)], RUNNING)
    return {}


def _remove(known: dict[str, Broker], one: Broker) -> None:
    known.pop(one.id, None)
    if one.management:
        _fleet().delete(one.arn)


@answers("mq", "DeleteBroker")
def delete(call: Call) -> Any:
    one, known = broker_of(call), store(call).brokers
    if one.status in (CREATING, REBOOTING):
        raise bad(f"The broker [{one.id}] is in state [{one.status}] and cannot be deleted.")
    if one.status != DELETING:
        end_script(BROKER, one)
        life_of(one).play([phase(DELETING, end=lambda: _remove(known, one))], DELETING)
    return {"BrokerId": one.id}
