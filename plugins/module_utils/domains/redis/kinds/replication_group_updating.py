# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""How a replication group is changed: one call at a time, each followed until its values read back.

The status alone proves nothing: a group stays ``available`` for a moment after ModifyReplicationGroup. So ``aws.begun`` keeps what the last
call has set, and ``read`` reports pending until that is what AWS describes.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, NoReturn

from ....aws.connection import Aws
from ....reconcile.errors import CallFailed, NotYet
from ....reconcile.model import Observed
from .cache_credentials import FIRST, MARK, mark_of, marked
from .cache_user import busy
from .replication_group_base import FAILED, BaseGroup, progress
from .replication_group_changes import MODIFY, Call, calls, log_configurations, login_steps
from .secret_values import promote, value_of

VISIBLE_WITHIN = 900.0
"""Seconds after the end of a change within which its values must read back."""
BUSY = ("InvalidReplicationGroupState", "InvalidReplicationGroupStateFault", "InvalidCacheClusterState", "InvalidCacheClusterStateFault")
NO_MARK = "none"
IMMEDIATE = {"ApplyImmediately": True}
TOKEN_STATUS = "AuthTokenStatus"  # noqa: S105 (the name of a member)


class UpdatingGroup(BaseGroup):
    """See the module's docstring."""

    operations: tuple[str, ...] = (
        MODIFY,
        "increase_replica_count",
        "decrease_replica_count",
        "modify_replication_group_shard_configuration",
        "secretsmanager.describe_secret",
        "secretsmanager.get_secret_value",
    )

    def read(self, aws: Aws, seen: Observed) -> Observed | None:
        """As ``find`` sees it, but pending while a call of this run is not visible."""
        raws = self.described(aws, self.entries_at(aws, self.where(seen)))
        found = self.observe_all(aws, raws)
        if not found or found[0].id != seen.id:
            return None
        if found[0].state in ("deleting", "failed"):
            return found[0]
        waiting = self.waiting_for(aws, raws[0])
        return replace(found[0], state="pending", reason=waiting) if waiting else found[0]

    def update(self, aws: Aws, seen: Observed, properties: Mapping[str, Any]) -> None:
        """Make the next call. Raises NotYet while more are left; the engine then calls it again."""
        raw = self.at_rest(aws, seen)
        observed = self.observe_all(aws, [raw])
        if not observed:
            raise CallFailed(f"{seen.id} no longer carries this component's tags", hint="Run again.")
        now = observed[0]
        self.finish_step(aws, now)
        left = {name: value for name, value in properties.items() if not self.is_reached(name, value, now.properties.get(name))}
        if "tags" in left:
            self.set_tags(aws, now, left.pop("tags"))
        left |= self.targets(left, now)
        if "login" in left and ("transit_encryption" not in left or left["login"].get("open")):
            self.step(aws, now, left["login"])
        todo = tls_first(calls(left, now.properties, now.attributes.get("nodes") or ()))
        if not todo:
            return
        self.send(aws, now, todo[0], left)
        if len(todo) > 1 or set(left) - set(todo[0].sets):
            raise NotYet("another change follows this one", "", "ChangeInProgress", dependency=True)

    def targets(self, left: Mapping[str, Any], now: Observed) -> dict[str, Any]:
        """What the values that are left mean for this group: IDs of shards that exist instead of those that were expected."""
        shards = left.get("shards")
        return {"shards": self.properties["shards"].target(shards, now.properties.get("shards"))} if shards else {}

    def is_reached(self, name: str, wanted: Any, observed: Any) -> bool:
        declared = self.properties[name]
        return bool(declared.target(wanted, observed) == declared.normal(observed)) or (wanted is None and not observed)

    def at_rest(self, aws: Aws, seen: Observed) -> dict[str, Any]:
        """The group as described. Raises NotYet while a change is in progress, by whomever."""
        raws = self.described(aws, self.entries_at(aws, self.where(seen)))
        status = str(raws[0].get(self.status_member)) if raws else "deleting"
        if status == "deleting":
            raise CallFailed(f"{seen.id} no longer exists", hint="Run again.")
        if status in FAILED:
            raise CallFailed(f"{seen.id} is {status}", "", status, f"Replace it: platform_allow_replace names {seen.address}.")
        if waiting := self.waiting_for(aws, raws[0]):
            raise NotYet(waiting, "", "ChangeInProgress", dependency=True)
        if status != "available":
            raise NotYet(f"the group is {status}", "", "ChangeInProgress", dependency=True)
        return raws[0]

    def send(self, aws: Aws, now: Observed, call: Call, left: Mapping[str, Any]) -> None:
        """Send one call and remember what it sets."""
        params = dict(call.params)
        if "log_delivery" in call.sets:
            params["LogDeliveryConfigurations"] = log_configurations(left["log_delivery"] or {}, now.properties.get("log_delivery") or {})
        self.modify(aws, now, call.operation, params)
        remembered = {} if call.operation.endswith("_replica_count") or "shards" in call.sets else {name: left[name] for name in call.sets}
        aws.begun[now.id] = json.dumps({"sets": remembered})

    def modify(self, aws: Aws, now: Observed, operation: str, params: Mapping[str, Any]) -> None:
        try:
            aws.change("elasticache", operation, **self.where(now), **params, **IMMEDIATE)
        except CallFailed as error:
            if error.code in BUSY:
                raise NotYet(error.message, error.operation, error.code, dependency=True) from error
            raise busy(error) from error

    # -- logins ----------------------------------------------------------------------------------------------------------------------

    def step(self, aws: Aws, now: Observed, wanted: Mapping[str, Any]) -> NoReturn:
        """Take the next step to a login.

        A first token is announced by a tag before it is rotated in: until it is set, clients without one are let in, and a run that is
        interrupted in between is continued.
        """
        steps = login_steps(wanted, now.properties.get("login") or {})
        rotated = aws.begun.get(_rotated(now.id))
        step = steps[1] if rotated and len(steps) > 1 else steps[0]
        params = {**step.params, **({"AuthToken": value_of(aws, wanted)} if step.token else {})}
        if step.first and not now.attributes.get("mark"):
            self.mark(aws, now, FIRST)
        self.modify(aws, now, MODIFY, params)
        aws.begun[now.id] = json.dumps({"sets": {}})
        if step.previous is None:
            aws.begun[_rotated(now.id)] = "yes"
        else:
            aws.begun.pop(_rotated(now.id), None)
            aws.begun[_marking(now.id)] = mark_of({**wanted, "previous": step.previous}) if step.token else NO_MARK
        raise NotYet("another step follows this one", "", "ChangeInProgress", dependency=True)

    def finish_step(self, aws: Aws, now: Observed) -> None:
        """Write or remove the mark, once ElastiCache has made the change that it describes."""
        text = aws.begun.get(_marking(now.id))
        if text is None:
            return
        if text != NO_MARK:
            promote(aws, marked(str(now.attributes["arn"]), "elasticache", text) or {"secret_arn": ""})
            self.mark(aws, now, text)
        elif now.attributes.get("mark"):
            aws.change("elasticache", self.tagging.untag, **self._tag_key(now), **self.tagging.dropped([MARK]))
        aws.begun.pop(_marking(now.id))
        raise NotYet("its login has changed", "", "ChangeInProgress", dependency=True)

    def mark(self, aws: Aws, now: Observed, text: str) -> None:
        aws.change("elasticache", self.tagging.tag, **self._tag_key(now), **self.tagging.sent({MARK: text}))

    def attributes(self, raw: Mapping[str, Any]) -> dict[str, Any]:
        return {**super().attributes(raw), "mark": self.tags_of(raw).get(MARK, "")}

    # -- waiting ---------------------------------------------------------------------------------------------------------------------

    def waiting_for(self, aws: Aws, raw: Mapping[str, Any]) -> str:
        """What the last call of this run still waits for; empty if it is visible. Raises CallFailed if it did not take effect."""
        name, status = str(raw["ReplicationGroupId"]), str(raw.get(self.status_member))
        if name not in aws.begun:
            return ""
        if status != "available":
            return "; ".join(part for part in (status, progress(raw)) if part)
        if token := (raw.get("PendingModifiedValues") or {}).get(TOKEN_STATUS):
            return f"its token is {str(token).lower()}"
        record = json.loads(aws.begun[name])
        missing = [one for one, wanted in record["sets"].items() if not self.is_reached(one, wanted, self.normal(raw, one))]
        if not missing:
            aws.begun.pop(name)
            return ""
        since = float(record.get("since") or time.monotonic())
        if time.monotonic() - since > VISIBLE_WITHIN:
            aws.begun.pop(name, None)
            raise CallFailed(
                f"ElastiCache accepted a change of {', '.join(missing)} {VISIBLE_WITHIN / 60:.0f} minutes ago and does not show it",
                hint="Look at the events (aws elasticache describe-events), then run again.",
            )
        aws.begun[name] = json.dumps({**record, "since": since})
        return f"{', '.join(missing)} not visible yet"

    def normal(self, raw: Mapping[str, Any], name: str) -> Any:
        return self.properties[name].normal(self.value(raw, name))


def tls_first(todo: list[Call]) -> list[Call]:
    """The calls with that for TLS before all others: logins need it."""
    return sorted(todo, key=lambda call: "transit_encryption" not in call.sets)


def _rotated(identifier: str) -> str:
    return f"first token of {identifier}"


def _marking(identifier: str) -> str:
    return f"credentials of {identifier}"
