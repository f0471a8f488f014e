"""Authorization checks for Systems Manager calls: parameters."""

from __future__ import annotations

from collections.abc import Iterator

from rehearsal.asking import arn, ask
from rehearsal.policies_in_force import Ask
from rehearsal.registry import Call, authorizes


@authorizes("ssm")
def asked(call: Call) -> Iterator[Ask]:
    """Parameters by name; a path in the request covers everything below it."""
    names = [call.get("Name"), call.get("Path"), *(call.get("Names") or ())]
    overwrites = "true" if call.get("Overwrite") else "false" if call.operation == "PutParameter" else ""
    found = [ask(call, arn(call, "ssm", f"parameter/{name.strip('/')}"), ssm_overwrite=overwrites) for name in names if name]
    yield from found or [ask(call, "*")]
