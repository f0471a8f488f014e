"""EventBridge: authorization checks for rules, connections, and API destinations by name, and the tags of rules, of which moto's tagging
API lists none.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from rehearsal.asking import arn, ask, pairs, service_linked_role
from rehearsal.policies_in_force import Ask
from rehearsal.registry import Call, authorizes, lists_tags

SECRETS = {
    "CreateConnection": ("CreateSecret", "PutSecretValue"),
    "UpdateConnection": ("UpdateSecret", "PutSecretValue"),
    "DeleteConnection": ("DeleteSecret",),
}
"""What EventBridge does with a connection's secret in the name of the caller, after the managed policy AmazonEventBridgeFullAccess."""
DESTINATIONS = ("apidestinations.events.amazonaws.com", "AWSServiceRoleForAmazonEventBridgeApiDestinations")


@authorizes("events")
def asked(call: Call) -> Iterator[Ask]:
    if "Connection" in call.operation or "ApiDestination" in call.operation:
        yield from _of_destinations(call)
        return
    name = call.get("Rule") or (None if "ResourceARN" in call.parameters else call.get("Name"))
    resource = call.get("ResourceARN") or (arn(call, "events", f"rule/{name}") if name else "*")
    request = pairs(call.get("Tags") or ())
    there = call.backend.tagger.get_tag_dict_for_resource(resource)
    yield ask(call, resource, request=request, there=there)
    if call.operation == "PutRule" and request:
        yield ask(call, resource, "events:TagResource", request=request, there=there)
    for role in dict.fromkeys(target["RoleArn"] for target in call.get("Targets") or [] if target.get("RoleArn")):
        yield ask(call, role, "iam:PassRole", iam_passedtoservice="events.amazonaws.com")


def _of_destinations(call: Call) -> Iterator[Ask]:
    kind, name = ("connection" if "Connection" in call.operation else "api-destination"), call.get("Name")
    yield ask(call, arn(call, "events", f"{kind}/{name}") if name else "*")
    for action in SECRETS.get(call.operation, ()):
        yield ask(call, arn(call, "secretsmanager", f"secret:events!connection/{name}/*"), f"secretsmanager:{action}")
    if call.operation == "CreateConnection":
        yield service_linked_role(call, *DESTINATIONS)


@lists_tags("events")
def rules(backend: Any) -> Iterator[tuple[str, dict[str, str]]]:
    for bus in backend.event_buses.values():
        for rule in bus.rules.values():
            yield rule.arn, backend.tagger.tags.setdefault(rule.arn, {})
