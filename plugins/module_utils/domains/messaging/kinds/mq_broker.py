# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Brokers: Amazon MQ for RabbitMQ.

A change is accepted at once and made by a reboot, or in the maintenance window. A property reads as it will be, so a second run makes no
call; what waits is the property ``pending_changes``, which is desired to be empty only where a reboot is consented to.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any

from ....aws.canonical import sorted_strings
from ....aws.connection import Aws
from ....aws.named_kind import NamedCalls, NamedKind
from ....kinds.secret_values import password_in
from ....reconcile.errors import CallFailed, NotYet
from ....reconcile.model import Observed, State, fixed, given, initial, later
from ..settings.rabbitmq_versions import kept, minor_of
from .mq import CRITICAL, REBOOTED, RUNNING, TAGGING, configuration_in, creating, pending, something_marked, window_in, window_sent

STATES: Mapping[str, State] = {
    "creation_in_progress": "pending",
    "reboot_in_progress": "pending",
    "deletion_in_progress": "deleting",
    "creation_failed": "failed",
}
AWS_OWNED = "aws"
"""The value of ``kms_key_id`` for the key that belongs to Amazon MQ."""

UPDATED: Mapping[str, str] = {
    "engine_version": "EngineVersion",
    "host_instance_type": "HostInstanceType",
    "security_groups": "SecurityGroups",
    "auto_minor_version_upgrade": "AutoMinorVersionUpgrade",
}
"""Properties that UpdateBroker takes as they are, and their names there."""

REBOOT_WITHIN = 7200.0
"""Seconds that a reboot may take: an upgrade to RabbitMQ 4 takes longer the more messages wait."""
VISIBLE_WITHIN = 900.0
"""Seconds after a reboot within which a broker that runs again must show that nothing is pending."""

NOT_UPGRADEABLE = "RABBITMQ_BROKER_NOT_UPGRADEABLE_TO_V4"
REMEDIES: Mapping[str, str] = {
    NOT_UPGRADEABLE: (
        "it has mirrored classic queues, or the feature flag khepri_db; move the queues to quorum queues (Admin > Queue Migration in its "
        'console) and apply again, or set version: "3.13" to give up the upgrade'
    ),
}
"""Codes of DescribeBroker's ActionsRequired, with what to do."""


class MqBroker(NamedKind):
    """``reboot``: the names in Amazon MQ of the brokers that this run may reboot. ``looks``: see MqConfiguration."""

    name = "mq_broker"
    calls = NamedCalls(
        service="mq",
        list="list_brokers",
        items="BrokerSummaries",
        describe="describe_broker",
        create="create_broker",
        delete="delete_broker",
        name="BrokerId",
        id="BrokerId",
        arn="BrokerArn",
        token="CreatorRequestId",  # noqa: S106 (the name of a parameter)
    )
    tagging = TAGGING
    operations = ("reboot_broker", "update_broker", "resourcegroupstaggingapi.get_resources", "secretsmanager.get_secret_value")
    status_member = "BrokerState"
    states = STATES
    settles = ("delete",)
    named = False
    exclusive = True
    holds_data = True
    timeout = 3600.0
    timeouts = {"update": REBOOT_WITHIN}
    called = "broker_name"
    changing = {"engine_version": ("engine_version",)}
    together = dict.fromkeys(REBOOTED, ("pending_changes",))
    """A change that needs a reboot is complete only after it, where there is consent."""

    broker_name = fixed()
    deployment_mode = fixed()
    subnet_ids = fixed(canonical=sorted_strings)
    publicly_accessible = fixed()
    kms_key_id = fixed()
    engine_version = given(canonical=minor_of, effective=kept)
    host_instance_type = given()
    security_groups = given(canonical=sorted_strings)
    configuration = given()
    general_logs = given()
    maintenance_window = given()
    auto_minor_version_upgrade = given()
    administrator = initial()
    pending_changes = later()

    def __init__(self, reboot: Collection[str] = (), looks: bool = True) -> None:
        super().__init__()
        self.reboot = frozenset(reboot)
        self.looks = looks

    # -- finding ---------------------------------------------------------------------------------------------------------------------

    def listed(self, aws: Aws) -> list[dict[str, Any]]:
        if not self.looks and not something_marked(aws):
            return []
        return [one for one in super().listed(aws) if one.get("EngineType", "RABBITMQ").upper() == "RABBITMQ"]

    def known(self, aws: Aws, identifier: str) -> str:
        """By ARN or ID, or by name."""
        found = identifier.rpartition(":")[2]
        if found.startswith("b-"):
            return found
        return next((str(one["BrokerId"]) for one in super().listed(aws) if one["BrokerName"] == identifier), "")

    def why_not_adoptable(self, _aws: Aws, raw: Mapping[str, Any]) -> str:
        return "" if str(raw.get("EngineType", "RABBITMQ")).upper() == "RABBITMQ" else "it is a broker of ActiveMQ"

    def trouble_of(self, raw: Mapping[str, Any]) -> str:
        if raw.get(self.status_member) != CRITICAL:
            return ""
        codes = [str(one.get("ActionRequiredCode") or "") for one in raw.get("ActionsRequired") or []]
        return "; ".join(f"{code}: {REMEDIES.get(code, 'see Amazon MQ: Troubleshooting in its Developer Guide')}" for code in codes)

    # -- properties ------------------------------------------------------------------------------------------------------------------

    def value(self, raw: Mapping[str, Any], name: str) -> Any:
        """What waits counts as made: AWS makes it without another call."""
        waiting = pending(raw)
        return waiting[name] if name in waiting else super().value(raw, name)

    def get_kms_key_id(self, raw: Mapping[str, Any]) -> Any:
        options = raw.get("EncryptionOptions") or {}
        return options.get("KmsKeyId") or AWS_OWNED

    def get_configuration(self, raw: Mapping[str, Any]) -> Any:
        current = (raw.get("Configurations") or {}).get("Current")
        return configuration_in(current) if current else None

    def get_general_logs(self, raw: Mapping[str, Any]) -> bool:
        return bool((raw.get("Logs") or {}).get("General"))

    def get_maintenance_window(self, raw: Mapping[str, Any]) -> str | None:
        return window_in(raw.get("MaintenanceWindowStartTime"))

    def get_administrator(self, _raw: Mapping[str, Any]) -> None:
        return None

    def get_pending_changes(self, raw: Mapping[str, Any]) -> dict[str, Any]:
        return pending(raw)

    def attributes(self, raw: Mapping[str, Any]) -> dict[str, Any]:
        """``version``, ``instance_type``: those in force. ``configurations``: the IDs of those that are in use or about to be."""
        instances = raw.get("BrokerInstances") or [{}]
        configurations = raw.get("Configurations") or {}
        used = [(configurations.get(one) or {}).get("Id") for one in ("Current", "Pending")]
        return {
            **super().attributes(raw),
            "name": raw.get("BrokerName"),
            "engine_version": raw.get("EngineVersion"),
            "instance_type": raw.get("HostInstanceType"),
            "deployment_mode": raw.get("DeploymentMode"),
            "endpoints": [one for instance in instances for one in instance.get("Endpoints") or []] or None,
            "console_url": instances[0].get("ConsoleURL") if instances else None,
            "configurations": [one for one in used if one],
            "window": window_in(raw.get("MaintenanceWindowStartTime")),
        }

    # -- creating --------------------------------------------------------------------------------------------------------------------

    def create(self, aws: Aws, address: str, properties: Mapping[str, Any], token: str) -> Observed:
        """One call with the administrator's password, which goes nowhere else."""
        tags = {**properties.get("tags", {}), **aws.owner.tags(address)}
        user = {"Username": properties["administrator"]["username"], "Password": administrator_password(aws, properties["administrator"])}
        given = {**in_create(properties), "Users": [user], "CreatorRequestId": token, "Tags": tags}
        reply = creating(lambda: aws.change("mq", "create_broker", **given))
        raw = {**reply, "BrokerName": properties["broker_name"], "BrokerState": "CREATION_IN_PROGRESS", "Tags": tags}
        sent = {name: value for name, value in properties.items() if self.properties[name].compared and value is not None}
        return replace(self.made(aws, raw, address).changed(sent), state="pending")

    # -- changing --------------------------------------------------------------------------------------------------------------------

    def update(self, aws: Aws, seen: Observed, properties: Mapping[str, Any]) -> None:
        """One call for everything, then the reboot if there is consent. Raises NotYet until that has made what was pending; the engine
        calls again.
        """
        now = self.at_rest(aws, seen)
        left = {name: value for name, value in properties.items() if not self.is_reached(name, value, now.properties.get(name))}
        if "tags" in left:
            self.set_tags(aws, now, left.pop("tags"))
        if sent := in_update(left):
            aws.change("mq", "update_broker", BrokerId=now.id, **sent)
            aws.begun.pop(now.id, None)
            if str(now.attributes.get("name")) in self.reboot:
                raise NotYet("a reboot follows", "", "ChangeInProgress", dependency=True)
        elif str(now.attributes.get("name")) in self.reboot:
            self.reboot_once(aws, now)

    def reboot_once(self, aws: Aws, now: Observed) -> None:
        """Reboot a broker that has something pending, and see what came of it. Raises NotYet in between."""
        waiting = now.properties.get("pending_changes")
        begun = aws.begun.pop(now.id, None)
        if not waiting:
            return
        if begun and now.trouble:
            raise CallFailed(now.trouble, "mq:RebootBroker", CRITICAL, "Amazon MQ has made the other changes and keeps the broker running.")
        if begun and time.monotonic() - float(begun) > VISIBLE_WITHIN:
            raise CallFailed(f"a reboot did not make {', '.join(sorted(waiting))}", "mq:RebootBroker", hint="Look at its logs; run again.")
        if not begun:
            aws.change("mq", "reboot_broker", BrokerId=now.id)
        aws.begun[now.id] = begun or str(time.monotonic())
        raise NotYet("the broker reboots", "", "ChangeInProgress", dependency=True)

    def at_rest(self, aws: Aws, seen: Observed) -> Observed:
        """The broker as described. Raises NotYet while it is not running."""
        raws = self.described(aws, [self.where(seen)])
        status = str(raws[0].get(self.status_member)) if raws else "DELETION_IN_PROGRESS"
        if status in ("DELETION_IN_PROGRESS", "CREATION_FAILED"):
            raise CallFailed(f"{seen.id} is {status}", "", status, "Run again.")
        if status not in (RUNNING, CRITICAL):
            raise NotYet(f"the broker is {status}", "", "ChangeInProgress", dependency=True)
        found = self.observe_all(aws, raws)
        if not found:
            raise CallFailed(f"{seen.id} no longer carries this component's tags", hint="Run again.")
        return found[0]

    def is_reached(self, name: str, wanted: Any, observed: Any) -> bool:
        declared = self.properties[name]
        return bool(declared.target(wanted, observed) == declared.normal(observed)) or (
            not wanted and not observed and name != "general_logs"
        )

    def delete(self, aws: Aws, seen: Observed) -> None:
        """Raises NotYet while the broker is created or rebooted. A second call finds it being deleted."""
        raws = self.described(aws, [self.where(seen)])
        status = str(raws[0].get(self.status_member)) if raws else "DELETION_IN_PROGRESS"
        if status == "DELETION_IN_PROGRESS":
            return
        if status in ("CREATION_IN_PROGRESS", "REBOOT_IN_PROGRESS"):
            raise NotYet(f"the broker is {status}", "mq:DeleteBroker", "ChangeInProgress", dependency=True)
        super().delete(aws, seen)


def administrator_password(aws: Aws, administrator: Mapping[str, Any]) -> str:
    """The password in the administrator's secret. Raises NotYet while it has none."""
    return password_in(aws, str(administrator["secret_arn"]))


def in_create(properties: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters of CreateBroker, except the administrator, the token, and the tags."""
    key = properties.get("kms_key_id")
    options = {"UseAwsOwnedKey": True} if key in (None, AWS_OWNED) else {"UseAwsOwnedKey": False, "KmsKeyId": key}
    return {
        "BrokerName": properties["broker_name"],
        "EngineType": "RABBITMQ",
        "DeploymentMode": properties["deployment_mode"],
        "SubnetIds": properties["subnet_ids"],
        "PubliclyAccessible": properties.get("publicly_accessible", False),
        "EncryptionOptions": options,
        **in_update({"auto_minor_version_upgrade": True, **properties}),
    }


def in_update(changed: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters of UpdateBroker for these properties."""
    found: dict[str, Any] = {UPDATED[name]: changed[name] for name in UPDATED if changed.get(name) is not None}
    if wanted := changed.get("configuration"):
        found["Configuration"] = {"Id": wanted["id"], "Revision": int(wanted["revision"])}
    if changed.get("general_logs") is not None:
        found["Logs"] = {"General": bool(changed["general_logs"])}
    if window := changed.get("maintenance_window"):
        found["MaintenanceWindowStartTime"] = window_sent(str(window))
    return found
