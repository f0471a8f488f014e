"""Authorization checks for STS calls: GetCallerIdentity requires no permission, AssumeRole one for the role."""

from __future__ import annotations

from collections.abc import Iterator

from rehearsal.asking import ask
from rehearsal.policies_in_force import Ask
from rehearsal.registry import Call, authorizes


@authorizes("sts")
def asked(call: Call) -> Iterator[Ask]:
    if call.operation != "GetCallerIdentity":
        yield ask(call, call.get("RoleArn") or "*")
