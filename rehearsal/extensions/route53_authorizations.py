"""Authorization checks for Route 53 calls, after its part of the Service Authorization Reference."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from rehearsal.asking import ask
from rehearsal.extensions.route53_common import bare, normal
from rehearsal.policies_in_force import Ask
from rehearsal.registry import Call, authorizes

LOOKS_AT_VPC = frozenset({"AssociateVPCWithHostedZone", "CreateHostedZone", "DisassociateVPCFromHostedZone"})
RECORD_NAMES = "route53:changeresourcerecordsetsnormalizedrecordnames"
RECORD_TYPES = "route53:changeresourcerecordsetsrecordtypes"
ORDINARY = re.compile(r"[a-z0-9._-]")


@authorizes("route53")
def asked(call: Call) -> Iterator[Ask]:
    named = list(_named(call))
    for resource in named or ["*"]:
        question = ask(call, resource)
        names, types = tuple(_records(call)), tuple(_types(call))
        yield replace(question, context={**question.context, RECORD_NAMES: names, RECORD_TYPES: types}) if names else question
    if call.operation in LOOKS_AT_VPC and call.get("VPC"):
        yield Ask("ec2:DescribeVpcs", "*", {"aws:requestedregion": (str((call.get("VPC") or {}).get("VPCRegion") or ""),)})


def _named(call: Call) -> Iterator[str]:
    if call.operation == "GetChange":
        yield f"arn:aws:route53:::change/{bare(str(call.get('Id')))}"
        return
    sort = "healthcheck" if call.get("HealthCheckId") else str(call.get("ResourceType") or "hostedzone")
    several = [call.get(name) for name in ("HostedZoneId", "HealthCheckId", "Id", "ResourceId")]
    for identity in (*several, *(call.get("ResourceIds") or ())):
        if identity:
            yield f"arn:aws:route53:::{sort}/{bare(str(identity))}"


def _records(call: Call) -> Iterator[str]:
    """The names of the records to change, normalized: in lower case, without a final dot, other characters as three octal digits."""
    for change in (call.get("ChangeBatch") or {}).get("Changes") or []:
        name = normal(change["ResourceRecordSet"]["Name"])
        yield "".join(one if ORDINARY.match(one) else f"\\{ord(one):03o}" for one in name)


def _types(call: Call) -> Iterator[str]:
    yield from dict.fromkeys(str(one["ResourceRecordSet"]["Type"]) for one in (call.get("ChangeBatch") or {}).get("Changes") or [])
