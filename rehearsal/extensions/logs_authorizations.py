"""Authorization checks for CloudWatch Logs calls: log groups."""

from __future__ import annotations

from collections.abc import Iterator

from rehearsal.asking import arn, ask
from rehearsal.policies_in_force import Ask
from rehearsal.registry import Call, authorizes


@authorizes("logs")
def asked(call: Call) -> Iterator[Ask]:
    name, given = call.get("logGroupName"), call.get("resourceArn")
    request = call.get("tags") or {}
    if not (name or given):
        yield ask(call, "*")
        return
    group = str(given) if given else arn(call, "logs", f"log-group:{name}")
    there = call.backend.tagger.get_tag_dict_for_resource(group.removesuffix(":*"))
    yield ask(call, group, request=request, there=there)
    if call.operation == "CreateLogGroup" and request:
        yield ask(call, group, "logs:TagResource", request=request)
