# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What tells that databases are backed up: a rule for each, whose metric counts the events of its completed backups.

RDS publishes no metric of its backups. It sends an event after each automated one, and EventBridge counts in ``AWS/Events`` how often a
rule matched. A rule runs for its targets, so it has one: a topic without subscriptions, which SNS delivers to nobody.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ...aws.place import Place
from ...aws.policies import policy
from ...reconcile.model import Ref, Resource, ref
from .names import own_name
from .platform import Backup, Platform
from .publishers import may_publish, publisher_use_of_key

EVENTS = "events.amazonaws.com"
TOPIC, SID = "backups", "CompletedBackups"
COMPLETED = "RDS-EVENT-0002"
"""Finished the backup of a DB instance (RDS User Guide, "Amazon RDS event categories and event messages")."""


def backup_rule(place: Place, one: Backup) -> str:
    return own_name(place, f"backup-{one.name}")


def own_backups(platform: Platform, place: Place) -> list[Backup]:
    """Those whose rule the component makes. ``platform``: completed."""
    return [one for one in platform.backups if one.identifier and one.rule_name == backup_rule(place, one)]


def backup_resources(platform: Platform, place: Place, key_arn: str | Ref) -> Iterator[Resource]:
    found = own_backups(platform, place)
    if found:
        yield topic(place, key_arn)
    for one in found:
        properties = {
            "rule_name": one.rule_name,
            "description": f"Completed backups of {one.identifier}",
            "event_pattern": pattern(one),
            "enabled": True,
            "target": {"arn": ref(f"alarm_topic.{TOPIC}", "arn")},
            "tags": {**place.tags, "Name": one.rule_name},
        }
        yield Resource("alarm_rule", f"backup-{one.name}", properties)


def key_users(platform: Platform, place: Place) -> list[dict[str, Any]]:
    """Statements for the policy of the topic's key."""
    return [publisher_use_of_key(place, SID, EVENTS)] if own_backups(platform, place) else []


def pattern(one: Backup) -> dict[str, Any]:
    return {
        "source": ["aws.rds"],
        "detail-type": ["RDS DB Instance Event"],
        "detail": {"EventID": [COMPLETED], "SourceIdentifier": [one.identifier]},
    }


def topic(place: Place, key_arn: str | Ref) -> Resource:
    name = own_name(place, TOPIC)
    properties: dict[str, Any] = {
        "topic_name": name,
        "display_name": f"{place.environment} {TOPIC}",
        "kms_key_id": key_arn,
        "policy": policy(may_publish(place, SID, EVENTS, name)),
        "subscriptions": [],
        "tags": {**place.tags, "Name": name},
    }
    return Resource("alarm_topic", TOPIC, properties)
