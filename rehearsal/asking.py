"""Builds authorization checks: the action, the resource, and the condition keys."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from rehearsal import declarations
from rehearsal.policies_in_force import Ask
from rehearsal.registry import Call

Tags = Mapping[str, str]


def ask(call: Call, resource: str, action: str = "", *, request: Tags | None = None, there: Tags | None = None, **more: str) -> Ask:
    """``request``: the tags in the request; ``there``: the tags on the resource; ``more``: further keys, with _ for the colon."""
    declared = declarations.service(call.service)
    context: dict[str, tuple[str, ...]] = {
        "aws:requestedregion": (call.region if declared.regional else "us-east-1",),
        "aws:viaawsservice": ("false",),
        **{f"aws:requesttag/{key.lower()}": (value,) for key, value in (request or {}).items()},
        **{f"aws:resourcetag/{key.lower()}": (value,) for key, value in (there or {}).items()},
        **{key.replace("_", ":", 1): (value,) for key, value in more.items() if value},
    }
    if request:
        context["aws:tagkeys"] = tuple(request)
    return Ask(action or f"{declared.prefix}:{call.operation}", resource, context)


def arn(call: Call, service: str, rest: str, region: str | None = None) -> str:
    return f"arn:aws:{service}:{call.region if region is None else region}:{call.account_id}:{rest}"


def pairs(tags: Iterable[Mapping[str, str]]) -> dict[str, str]:
    return {tag["Key"]: tag["Value"] for tag in tags}


def service_linked_role(call: Call, service: str, name: str) -> Ask:
    """The service-linked role that a service creates, with the caller's permissions, when it first needs one."""
    role = arn(call, "iam", f"role/aws-service-role/{service}/{name}", "")
    return ask(call, role, "iam:CreateServiceLinkedRole", iam_awsservicename=service)
