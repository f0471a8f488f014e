"""Events and the targets of the rules that they match.

A failed delivery is seen in the metrics of `AWS/Events` alone (`FailedInvocations` by RuleName), as on AWS, unless the target has a
dead-letter queue. Nothing is retried. A rule without targets counts nothing.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from rehearsal.accounts import backend_at
from rehearsal.extensions.events_destinations import invoke
from rehearsal.extensions.events_roles import NotAllowed
from rehearsal.extensions.sns_publishing import Unpublished, publish_for_service
from rehearsal.extensions.sqs_senders import Unsent, check_sender
from rehearsal.monitoring.event_inputs import InputError, target_input
from rehearsal.registry import Call, adjusts, backend, prepare, refuses
from rehearsal.replies import Refusal
from rehearsal.transitions import moment

SERVICE = "events.amazonaws.com"


def put(account_id: str, region: str, source: str, detail_type: str, resources: list[str], detail: dict[str, Any]) -> None:
    """Puts an event of a service of AWS on the default bus of an account in a region."""
    prepare("events")
    event = {
        "version": "0",
        "id": str(uuid.uuid4()),
        "detail-type": detail_type,
        "source": source,
        "account": account_id,
        "time": f"{moment():%Y-%m-%dT%H:%M:%SZ}",
        "region": region,
        "resources": resources,
        "detail": detail,
    }
    for rule in list(backend("events", account_id, region).event_buses["default"].rules.values()):
        rule.send_to_targets(event)


@adjusts("events")
def deliver() -> None:
    """moto sends HTTP requests to the world, transforms only strings, and knows no disabled rules."""
    from moto.events.models import Rule

    def send_to_targets(self: Any, original_event: Mapping[str, Any], transform_input: bool = True) -> None:
        if self.state == "DISABLED" or not self.event_pattern.dump() or not self.event_pattern.matches_event(original_event):
            return
        if self.targets:
            counted(self, "TriggeredRules")
        event = dict(original_event)
        event.pop("ingestion-time", None)
        if isinstance(event.get("time"), int | float):
            event["time"] = f"{moment():%Y-%m-%dT%H:%M:%SZ}"
        for target in self.targets:
            _deliver(self, target, event)

    Rule.send_to_targets = send_to_targets


def counted(rule: Any, *names: str) -> None:
    from rehearsal.extensions.cloudwatch_counting import count

    for name in names:
        count(rule.account_id, rule.region_name, "AWS/Events", name, {"RuleName": rule.name})


def _deliver(rule: Any, target: Mapping[str, Any], event: dict[str, Any]) -> None:
    try:
        text = target_input(target, event, {"name": rule.name, "arn": rule.arn})
        if ":api-destination/" in target["Arn"]:
            invoke(rule, target, text, lambda succeeded: _done(rule, target, event, succeeded=succeeded))
            return
        _send(rule, target, text)
    except (InputError, Unpublished, NotAllowed, LookupError):
        _done(rule, target, event, succeeded=False)
    else:
        _done(rule, target, event, succeeded=True)


def _done(rule: Any, target: Mapping[str, Any], event: dict[str, Any], *, succeeded: bool) -> None:
    counted(rule, "Invocations", *(() if succeeded else ("FailedInvocations",)))
    queue = (target.get("DeadLetterConfig") or {}).get("Arn")
    if not succeeded and queue:
        with suppress(Unsent):
            _to_queue(rule, queue, json.dumps(event), "")


def _send(rule: Any, target: Mapping[str, Any], text: str) -> None:
    """Targets of other services than these are taken to succeed."""
    service = target["Arn"].split(":")[2]
    if service == "sns":
        publish_for_service(target["Arn"], SERVICE, rule.arn, "", text)
    elif service == "sqs":
        _to_queue(rule, target["Arn"], text, (target.get("SqsParameters") or {}).get("MessageGroupId") or "")
    elif service == "logs":
        name = target["Arn"].partition(":log-group:")[2].removesuffix(":*")
        logs, stream = backend_at("logs", target["Arn"]), str(uuid.uuid4())
        logs.create_log_stream(name, stream)
        logs.put_log_events(name, stream, [{"timestamp": int(moment().timestamp() * 1000), "message": text}])


def _to_queue(rule: Any, arn: str, text: str, group: str) -> None:
    check_sender(arn, SERVICE, rule.arn)
    backend_at("sqs", arn).send_message(arn.rpartition(":")[2], text, group_id=group or None)


@refuses("events", "PutTargets")
def destinations_need_a_role(call: Call) -> None:
    for target in call.get("Targets") or []:
        if ":api-destination/" in str(target.get("Arn")) and not target.get("RoleArn"):
            raise Refusal("ValidationException", f"RoleArn is required for target {target.get('Arn')}.")
