"""Authorization checks for Auto Scaling group calls."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from rehearsal.asking import arn, ask
from rehearsal.policies_in_force import Ask
from rehearsal.registry import Call, authorizes


@authorizes("autoscaling")
def asked(call: Call) -> Iterator[Ask]:
    """A call that names a group is checked on that group, except for describe calls."""
    tags = call.get("Tags") or ()
    names = {str(tag.get("ResourceId")) for tag in tags} if call.operation in ("CreateOrUpdateTags", "DeleteTags") else set()
    names |= {str(call.get("AutoScalingGroupName"))} if call.get("AutoScalingGroupName") else set()
    if call.operation.startswith("Describe") or not names:
        yield ask(call, "*")
        return
    request = {str(tag["Key"]): str(tag.get("Value") or "") for tag in tags}
    for name in sorted(names):
        group = call.backend.autoscaling_groups.get(name)
        resource = group.arn if group else arn(call, "autoscaling", f"autoScalingGroup:*:autoScalingGroupName/{name}")
        yield ask(call, resource, request=request, there=_of_group(group))


def _of_group(group: Any) -> dict[str, str]:
    return {str(tag.get("key", tag.get("Key"))): str(tag.get("value", tag.get("Value")) or "") for tag in group.tags} if group else {}
