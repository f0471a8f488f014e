# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What the kinds of Amazon MQ share: its tags, and changes that it has accepted and not made yet."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from ....aws.connection import Aws
from ....aws.marked import marked_arns
from ....aws.named_kind import Tagging
from ....reconcile.errors import AlreadyThere, CallFailed
from ..settings.broker import DAYS
from ..settings.rabbitmq_versions import minor_of

T = TypeVar("T")

TAGGING = Tagging(tag="create_tags", untag="delete_tags", key="ResourceArn", of="arn", members=None)

PENDING: Mapping[str, str] = {
    "PendingEngineVersion": "engine_version",
    "PendingHostInstanceType": "host_instance_type",
    "PendingSecurityGroups": "security_groups",
}
"""Members of DescribeBroker with values that a reboot, or the maintenance window, applies, and the properties whose values they are."""

REBOOTED = (*PENDING.values(), "configuration", "general_logs")
"""Properties that only a reboot changes."""

CONFLICT = "ConflictException"
RUNNING, CRITICAL = "RUNNING", "CRITICAL_ACTION_REQUIRED"

DAY_NAMES: Mapping[str, str] = {name: day for day, name in DAYS.items()}


def creating(call: Callable[[], T]) -> T:
    """Make a create call. A name that is taken is a conflict like any other in Amazon MQ."""
    try:
        return call()
    except CallFailed as error:
        if error.code == CONFLICT and "already in use" in error.message:
            raise AlreadyThere(error.message, error.operation, error.code, error.hint) from error
        raise


def something_marked(aws: Aws) -> bool:
    """Whether the tagging API knows something of the component in Amazon MQ. Asked where no broker is described."""
    return bool(marked_arns(aws, "mq"))


def pending(raw: Mapping[str, Any]) -> dict[str, Any]:
    """The values that properties will have after a reboot, by property."""
    found: dict[str, Any] = {name: raw[member] for member, name in PENDING.items() if raw.get(member)}
    if "engine_version" in found:
        found["engine_version"] = minor_of(str(found["engine_version"]))
    if "security_groups" in found:
        found["security_groups"] = sorted(found["security_groups"])
    if waiting := (raw.get("Logs") or {}).get("Pending"):
        found["general_logs"] = bool(waiting.get("General"))
    if waiting := (raw.get("Configurations") or {}).get("Pending"):
        found["configuration"] = configuration_in(waiting)
    return found


def configuration_in(value: Mapping[str, Any]) -> dict[str, Any]:
    return {"id": value.get("Id"), "revision": value.get("Revision")}


def window_in(value: Mapping[str, Any] | None) -> str | None:
    """When the maintenance window begins, such as sun:03:00; with the time zone if it is not UTC. It lasts two hours."""
    if not value:
        return None
    text = f"{DAY_NAMES.get(str(value.get('DayOfWeek')).upper(), value.get('DayOfWeek'))}:{value.get('TimeOfDay')}"
    zone = value.get("TimeZone") or "UTC"
    return text if zone == "UTC" else f"{text} {zone}"


def window_sent(text: str) -> dict[str, str]:
    """The parameter for a window."""
    day, _colon, time = text.partition(":")
    return {"DayOfWeek": DAYS[day], "TimeOfDay": time, "TimeZone": "UTC"}


def sentence(raw_pending: Mapping[str, Any], window: str | None, name: str) -> str:
    """What waits, until when, and how to have it sooner. ``name``: of the broker in the inventory."""
    said = ", ".join(f"{key} = {shown(value)}" for key, value in sorted(raw_pending.items()))
    when = f"{window} UTC, which lasts two hours" if window and " " not in window else window or "the next one"
    return (
        f"pending until the maintenance window ({when}): {said}. To have it in this run, name {name} in messaging_allow_reboot: a reboot "
        "takes a cluster's nodes down one by one, and a single broker away for minutes."
    )


def shown(value: Any) -> str:
    if isinstance(value, Mapping):
        return f"{value.get('id')} revision {value.get('revision')}"
    return ", ".join(value) if isinstance(value, list) else str(value)
