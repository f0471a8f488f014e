"""EventBridge: authorization checks for rules, connections, and destinations by name, and the tags of rules, which moto does not list."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from rehearsal.asking import arn, ask, pairs
from rehearsal.policies_in_force import Ask
from rehearsal.registry import Call, authorizes, lists_tags

NAMED = {"Connection": "connection", "ApiDestination": "api-destination"}


@authorizes("events")
def asked(call: Call) -> Iterator[Ask]:
    kind = next((kind for part, kind in NAMED.items() if call.operation.endswith(part)), "")
    if kind:
        yield ask(call, arn(call, "events", f"{kind}/{call.get('Name')}"))
        return
    name = call.get("Rule") or (None if "ResourceARN" in call.parameters else call.get("Name"))
    resource = call.get("ResourceARN") or (arn(call, "events", f"rule/{name}") if name else "*")
    request = pairs(call.get("Tags") or ())
    there = call.backend.tagger.get_tag_dict_for_resource(resource)
    yield ask(call, resource, request=request, there=there)
    if call.operation == "PutRule" and request:
        yield ask(call, resource, "events:TagResource", request=request)


@lists_tags("events")
def rules(backend: Any) -> Iterator[tuple[str, dict[str, str]]]:
    for bus in backend.event_buses.values():
        for rule in bus.rules.values():
            yield rule.arn, backend.tagger.tags.setdefault(rule.arn, {})
