"""Saved queries of CloudWatch Logs Insights, which moto lacks."""

from __future__ import annotations

import uuid
from typing import Any

from rehearsal.registry import Call, answers
from rehearsal.replies import Refusal
from rehearsal.transitions import moment

MEMBERS = ("name", "queryString", "logGroupNames", "queryLanguage", "parameters")
LANGUAGES = ("CWLI", "SQL", "PPL")


def _kept(call: Call) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = call.backend.__dict__.setdefault("rehearsal_queries", {})
    return found


@answers("logs", "PutQueryDefinition")
def put(call: Call) -> Any:
    """What an update does not give is gone."""
    identity, name, text = call.get("queryDefinitionId"), str(call.get("name") or ""), str(call.get("queryString") or "")
    if identity is not None and identity not in _kept(call):
        raise Refusal("ResourceNotFoundException", "The specified query definition does not exist.")
    if not 1 <= len(name) <= 255 or not 1 <= len(text) <= 10_000:
        raise Refusal("InvalidParameterException", "A query needs a name of 1 to 255, and a query string of 1 to 10000 characters.")
    if call.get("queryLanguage") not in (None, *LANGUAGES):
        raise Refusal("InvalidParameterException", f"The query language is one of {', '.join(LANGUAGES)}.")
    if any(group not in call.backend.groups for group in call.get("logGroupNames") or []):
        raise Refusal("ResourceNotFoundException", "The specified log group does not exist.")
    identity = str(identity or uuid.uuid4())
    given = {member: call.get(member) for member in MEMBERS if call.get(member) is not None}
    _kept(call)[identity] = {"queryDefinitionId": identity, "lastModified": int(moment().timestamp() * 1000), **given}
    return {"queryDefinitionId": identity}


@answers("logs", "DescribeQueryDefinitions")
def describe(call: Call) -> Any:
    prefix, begin, size = call.get("queryDefinitionNamePrefix") or "", int(call.get("nextToken") or 0), int(call.get("maxResults") or 1000)
    found = sorted((one for one in _kept(call).values() if one["name"].startswith(prefix)), key=lambda one: str(one["name"]))
    more = {"nextToken": str(begin + size)} if len(found) > begin + size else {}
    return {"queryDefinitions": found[begin : begin + size], **more}


@answers("logs", "DeleteQueryDefinition")
def delete(call: Call) -> Any:
    if _kept(call).pop(str(call.get("queryDefinitionId")), None) is None:
        raise Refusal("ResourceNotFoundException", "The specified query definition does not exist.")
    return {"success": True}
