"""CloudWatch Logs: saved queries. A name may contain folders; the client token makes a repeated create the same query."""

from __future__ import annotations

import time
import uuid
from typing import Any

from rehearsal.registry import Call, answers
from rehearsal.replies import Refusal

LONGEST_NAME = 255


def _saved(call: Call) -> dict[str, dict[str, Any]]:
    """By ID. Kept with moto's backend, so that a reset empties it."""
    found: dict[str, dict[str, Any]] = call.backend.__dict__.setdefault("saved_queries", {})
    return found


@answers("logs", "PutQueryDefinition")
def put(call: Call) -> Any:
    saved, name = _saved(call), str(call.get("name"))
    if not 1 <= len(name) <= LONGEST_NAME:
        raise Refusal("InvalidParameterException", f"The name has {len(name)} characters; it must have 1 to {LONGEST_NAME}.")
    given = call.get("queryDefinitionId")
    if given and given not in saved:
        raise Refusal("ResourceNotFoundException", "The specified query definition does not exist.")
    token = call.get("clientToken")
    same = next((key for key, one in saved.items() if token and one["token"] == token), None)
    identity = given or same or str(uuid.uuid4())
    saved[identity] = {
        "queryDefinitionId": identity,
        "name": name,
        "queryString": call.get("queryString"),
        "logGroupNames": list(call.get("logGroupNames") or ()),
        "lastModified": int(time.time() * 1000),
        "token": token or saved.get(identity, {}).get("token"),
    }
    return {"queryDefinitionId": identity}


@answers("logs", "DescribeQueryDefinitions")
def describe(call: Call) -> Any:
    prefix = call.get("queryDefinitionNamePrefix") or ""
    found = [{name: value for name, value in one.items() if name != "token"} for one in _saved(call).values()]
    return {"queryDefinitions": [one for one in found if one["name"].startswith(prefix)]}


@answers("logs", "DeleteQueryDefinition")
def delete(call: Call) -> Any:
    if _saved(call).pop(str(call.get("queryDefinitionId")), None) is None:
        raise Refusal("ResourceNotFoundException", "The specified query definition does not exist.")
    return {"success": True}
