# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""How an instance is changed: one call at a time, each followed until its values read back.

The status alone proves nothing: an instance stays ``available`` for a while after ModifyDBInstance, and after a failed upgrade it is
available again with its old version. So ``aws.begun`` keeps what the last call has set, and ``read`` reports pending until that is what RDS
describes, or until RDS has put it off to the maintenance window.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from ....aws.connection import Aws
from ....reconcile.errors import CallFailed, NotYet
from ....reconcile.model import Observed
from . import db_instance_upgrading as upgrading
from .db_instance_base import STATIC_PARAMETERS, RdsInstance, reached
from .db_instance_changes import Call, calls
from .db_instance_changes import is_upgrade as is_major
from .db_instance_credentials import MARK, form_of, in_modify, is_first_of_two, mark_of, password_in, password_problem
from .db_instance_pending import needs_reboot, parameter_group
from .db_instance_refusals import is_storage_refusal, refused, storage_refused
from .db_instance_states import BUSY, DELETING, is_broken, said
from .db_instance_storage import PROPERTIES as STORAGE

VISIBLE_WITHIN = 900.0
"""Seconds after the end of a change within which its values must read back."""

PARAMETERS_SETTLE = 20.0
"""Seconds after which an instance shows that new static parameters wait for a reboot."""


class UpdatingInstance(RdsInstance):
    """See the module's docstring."""

    operations: tuple[str, ...] = (
        "add_tags_to_resource",
        "create_db_snapshot",
        "describe_db_engine_versions",
        "describe_db_log_files",
        "describe_db_snapshots",
        "describe_events",
        "describe_orderable_db_instance_options",
        "download_db_log_file_portion",
        "modify_db_instance",
        "promote_read_replica",
        "reboot_db_instance",
        "secretsmanager.describe_secret",
        "secretsmanager.get_secret_value",
        "secretsmanager.rotate_secret",
    )

    def read(self, aws: Aws, seen: Observed) -> Observed | None:
        """As ``find`` sees it, but pending while a call of this run is not visible, and failed if it waits for something hopeless."""
        raws = self.described(aws, self.entries_at(aws, self.where(seen)))
        found = self.observe_all(aws, raws)
        if not found or found[0].id != seen.id:
            return None
        now = found[0]
        if now.state == "deleting":
            return now
        waiting = self.waiting_for(aws, raws[0])
        if (waiting or seen.state == "pending") and (broken := said(raws[0])):
            raise CallFailed(broken, "", str(raws[0].get(self.status_member)), self.remedy(now))
        return replace(now, state="pending", reason=waiting) if waiting else now

    @staticmethod
    def remedy(seen: Observed) -> str:
        """What to do about an instance that is out of order. It is never replaced without consent, since it may hold data."""
        return f"If it holds nothing that is needed, replace it: platform_replace and platform_allow_replace name {seen.address}."

    def update(self, aws: Aws, seen: Observed, properties: Mapping[str, Any]) -> None:
        """Make the next call. Raises NotYet while more are left; the engine then calls it again."""
        raw = self.at_rest(aws, seen)
        observed = self.observe_all(aws, [raw])
        if not observed:
            raise CallFailed(f"{seen.id} no longer carries this component's tags", hint="Run again.")
        now = observed[0]
        declared = self.properties
        left = {name: value for name, value in properties.items() if not reached(declared[name], value, now.properties.get(name))}
        if "tags" in left:
            self.set_tags(aws, now, left.pop("tags"))
        todo = self.todo(aws, raw, now, left)
        if not todo:
            self.without_modifying(aws, raw, now, left)
            return
        call = todo[0]
        self.send(aws, raw, now, call, left)
        if set(left) - set(call.sets):
            raise NotYet("another change follows this one", "", "ChangeInProgress", dependency=True)

    def at_rest(self, aws: Aws, seen: Observed) -> dict[str, Any]:
        """The instance as described. Raises NotYet while a change is in progress, by whomever."""
        raws = self.described(aws, self.entries_at(aws, self.where(seen)))
        status = str(raws[0].get(self.status_member)) if raws else "deleting"
        if status in DELETING:
            raise CallFailed(f"{seen.id} no longer exists", hint="Run again.")
        if waiting := self.waiting_for(aws, raws[0]):
            raise NotYet(waiting, "", "ChangeInProgress", dependency=True)
        if status in BUSY:
            raise NotYet(f"the instance is {status}", "", "ChangeInProgress", dependency=True)
        if is_broken(status) and status != "storage-full":
            raise CallFailed(said(raws[0]), "", status)
        return raws[0]

    def todo(self, aws: Aws, raw: Mapping[str, Any], now: Observed, left: Mapping[str, Any]) -> list[Call]:
        """The calls for what is left; raises NotYet or CallFailed where the next one must wait or must not be made."""
        if left.get("promoted") is False:
            raise CallFailed(
                f"{now.id} was promoted: it is a database of its own now and cannot become a replica again",
                hint=f"To have a replica again, replace it (platform_replace and platform_allow_replace name {now.address}): a final "
                "snapshot keeps what it holds.",
            )
        if raw.get(self.status_member) == "storage-full" and left and "allocated_storage" not in left:
            raise CallFailed(said(raw), "", "storage-full")
        if is_major(raw, left) and raw.get("ReadReplicaSourceDBInstanceIdentifier"):
            upgrading.wait_for_primary(raw, left)
        first = "engine_version" not in left or "db_instance_class" not in left or upgrading.offers(aws, raw, left["db_instance_class"])
        return calls(raw, left, now.properties, class_first=first)

    def send(self, aws: Aws, raw: Mapping[str, Any], now: Observed, call: Call, left: Mapping[str, Any]) -> None:
        """Send one call and remember what it sets."""
        params = dict(call.params)
        record: dict[str, Any] = {"sets": {name: left[name] for name in call.sets}, "moved": False}
        if "engine_version" in call.sets:
            options = self.options_of(now.id)
            params["EngineVersion"] = upgrading.prepare(aws, raw, left, options, self.tags_of(raw))
            record["logs"] = upgrading.newest_log(aws, now.id) if is_major(raw, left) else None
            record["from"] = raw.get("EngineVersion")
        if "master_credentials" in call.sets:
            params = self.credentials_params(aws, now, left["master_credentials"])
        if call.deferrable:
            params["ApplyImmediately"] = call.immediate or self.options_of(now.id).apply == "now"
        try:
            aws.change("rds", call.operation, **self.where(now), **params)
        except CallFailed as error:
            if is_storage_refusal(error) and any(name in call.sets for name in STORAGE):
                raise storage_refused(aws, now.id, error, datetime.now(UTC)) from error
            raise refused(error) from error
        aws.begun[now.id] = json.dumps(record)
        if "master_credentials" in call.sets:
            self.remember_credentials(aws, raw, now, left["master_credentials"], params)
        if "static_parameters" in call.sets:
            self.mark(aws, now, {STATIC_PARAMETERS: str(left["static_parameters"])})

    def credentials_params(self, aws: Aws, now: Observed, wanted: Mapping[str, Any]) -> dict[str, Any]:
        password = password_of(aws, wanted) if form_of(wanted) == "secret" else None
        return in_modify(now.properties.get("master_credentials"), wanted, password)

    def remember_credentials(
        self, aws: Aws, raw: Mapping[str, Any], now: Observed, wanted: Mapping[str, Any], params: Mapping[str, Any]
    ) -> None:
        """Write the mark after the password, so that an interruption in between leaves drift and not a wrong mark."""
        first = is_first_of_two(wanted, params)
        mark = "" if first else mark_of(wanted)
        if mark:
            self.mark(aws, now, {MARK: mark})
        elif MARK in self.tags_of(raw):
            aws.change("rds", self.tagging.untag, **self._tag_key(now), TagKeys=[MARK])
        if first:
            aws.begun.pop(now.id, None)
            raise NotYet("RDS no longer manages its password; the new credentials follow", "", "ChangeInProgress", dependency=True)

    def mark(self, aws: Aws, now: Observed, tags: Mapping[str, str]) -> None:
        aws.change("rds", self.tagging.tag, **self._tag_key(now), **self.tagging.sent(tags))

    def without_modifying(self, aws: Aws, raw: Mapping[str, Any], now: Observed, left: Mapping[str, Any]) -> None:
        """What remains if RDS itself has nothing to change: a rotation schedule, and the digest of parameters that are in force."""
        if "master_secret_rotation_days" in left:
            self.set_rotation(aws, raw, int(left["master_secret_rotation_days"]))
        if "static_parameters" in left:
            self.settle_parameters(aws, raw, now, str(left["static_parameters"]))

    def set_rotation(self, aws: Aws, raw: Mapping[str, Any], days: int) -> None:
        secret = (raw.get("MasterUserSecret") or {}).get("SecretArn")
        if not secret:
            raise NotYet("its managed secret does not exist yet", "", "ChangeInProgress", dependency=True)
        aws.change(
            "secretsmanager", "rotate_secret", SecretId=secret, RotateImmediately=False, RotationRules={"AutomaticallyAfterDays": days}
        )

    def settle_parameters(self, aws: Aws, raw: Mapping[str, Any], now: Observed, digest: str) -> None:
        """Note that static parameters are in force, once RDS has had the time to say that they wait for a reboot."""
        key = f"parameters of {now.id}"
        since = float(aws.begun.setdefault(key, str(time.monotonic())))
        if parameter_group(raw)[1] == "applying" or time.monotonic() - since < PARAMETERS_SETTLE:
            raise NotYet("RDS may still find that parameters need a reboot", "", "ParametersApplying", dependency=True)
        aws.begun.pop(key, None)
        self.mark(aws, now, {STATIC_PARAMETERS: digest})

    def waiting_for(self, aws: Aws, raw: Mapping[str, Any]) -> str:
        """What the last call of this run still waits for; empty if it is visible. Raises CallFailed if it did not take effect."""
        name, status = str(raw["DBInstanceIdentifier"]), str(raw.get(self.status_member))
        if name not in aws.begun:
            return ""
        record = json.loads(aws.begun[name])
        if status in BUSY:
            aws.begun[name] = json.dumps({**record, "moved": True})
            return status
        missing = [one for one, wanted in record["sets"].items() if not self.is_visible(raw, one, wanted)]
        if not missing:
            aws.begun.pop(name)
            return ""
        if record.get("logs") is not None and "engine_version" in missing:
            upgrading.check_outcome(aws, raw, record)
        self.check_patience(aws, name, record, missing)
        return f"{', '.join(missing)} not visible yet"

    @staticmethod
    def check_patience(aws: Aws, name: str, record: Mapping[str, Any], missing: list[str]) -> None:
        """Raises CallFailed once the values have had time enough to appear."""
        since = float(record.get("since") or time.monotonic())
        if time.monotonic() - since > VISIBLE_WITHIN:
            aws.begun.pop(name, None)
            raise CallFailed(
                f"RDS accepted a change of {', '.join(missing)} {VISIBLE_WITHIN / 60:.0f} minutes ago and does not show it",
                hint="Look at the instance's events (aws rds describe-events), then run again.",
            )
        aws.begun[name] = json.dumps({**record, "since": since})

    def is_visible(self, raw: Mapping[str, Any], name: str, wanted: Any) -> bool:
        if name == "static_parameters":
            return not needs_reboot(raw)
        if name == "master_credentials":
            waiting = "MasterUserPassword" in (raw.get("PendingModifiedValues") or {})
            managed = bool(raw.get("MasterUserSecret"))
            return not waiting and managed == (form_of(wanted) == "managed")
        return reached(self.properties[name], wanted, self.properties[name].normal(self.value(raw, name)))


def password_of(aws: Aws, wanted: Mapping[str, Any]) -> str:
    """The password in a secret of ours. It goes into one request and nowhere else. Raises CallFailed without any part of it."""
    version = {"VersionId": wanted["version"]} if wanted.get("version") else {}
    reply = aws.find("secretsmanager", "get_secret_value", SecretId=wanted["secret_arn"], **version)
    if reply is None:
        raise NotYet(f"the secret {wanted['secret_arn']} has no value yet", "secretsmanager:GetSecretValue", "ResourceNotFoundException")
    password = password_in(str(reply.get("SecretString") or ""))
    if problem := password_problem(password):
        raise CallFailed(f"the secret {wanted['secret_arn']} cannot be the master's password: {problem}", hint="Rotate the secret.")
    return password
