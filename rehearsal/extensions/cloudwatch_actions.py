"""The actions of alarms: messages to SNS topics. What becomes of each is in the alarm's history, as on AWS, and nowhere else."""

from __future__ import annotations

from rehearsal.extensions import cloudwatch_messages as messages
from rehearsal.extensions.cloudwatch_store import Alarm, Store
from rehearsal.extensions.sns_publishing import Unpublished, publish_for_service
from rehearsal.monitoring.evaluation import ALARM, INSUFFICIENT_DATA, OK

SERVICE = "cloudwatch.amazonaws.com"
OF_STATE = {OK: "OKActions", ALARM: "AlarmActions", INSUFFICIENT_DATA: "InsufficientDataActions"}


def act(kept: Store, alarm: Alarm, before: str) -> None:
    """Carries out the actions of the alarm's present state. Actions other than SNS topics are taken to succeed."""
    message = messages.notification(kept, alarm, before)
    for action in alarm.given.get(OF_STATE[alarm.state.value]) or []:
        error = _notify(kept, alarm, str(action), message) if ":sns:" in str(action) else None
        summary = f'Failed to execute action {action}. Received error: "{error}"' if error else f"Successfully executed action {action}"
        data = {
            "actionState": "Failed" if error else "Succeeded",
            "stateUpdateTimestamp": int(alarm.state.updated.timestamp() * 1000),
            "notificationResource": action,
            "publishedMessage": None if error else {"default": message},
            "error": error,
        }
        kept.record(alarm, "Action", summary, data)


def _notify(kept: Store, alarm: Alarm, topic: str, message: str) -> str | None:
    """Publishes to a topic; why that failed, or None."""
    if topic.split(":")[3] != kept.region:
        return f"Invalid region {topic.split(':')[3]} specified. Only {kept.region} is supported."
    try:
        publish_for_service(topic, SERVICE, alarm.arn, messages.subject(alarm, kept.region), message)
    except Unpublished as error:
        return str(error)
    return None
