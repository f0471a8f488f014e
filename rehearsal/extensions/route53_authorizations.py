"""Authorization checks for Route 53 calls, after its part of the Service Authorization Reference."""

from __future__ import annotations

from collections.abc import Iterator

from rehearsal.asking import ask
from rehearsal.extensions.route53_common import bare
from rehearsal.policies_in_force import Ask
from rehearsal.registry import Call, authorizes

LOOKS_AT_VPC = frozenset({"AssociateVPCWithHostedZone", "CreateHostedZone", "DisassociateVPCFromHostedZone"})


@authorizes("route53")
def asked(call: Call) -> Iterator[Ask]:
    named = list(_named(call))
    for resource in named or ["*"]:
        yield ask(call, resource)
    if call.operation in LOOKS_AT_VPC and call.get("VPC"):
        yield Ask("ec2:DescribeVpcs", "*", {"aws:requestedregion": (str((call.get("VPC") or {}).get("VPCRegion") or ""),)})


def _named(call: Call) -> Iterator[str]:
    if call.operation == "GetChange":
        yield f"arn:aws:route53:::change/{bare(str(call.get('Id')))}"
        return
    several = [call.get("HostedZoneId"), call.get("Id"), call.get("ResourceId"), *(call.get("ResourceIds") or ())]
    for identity in several:
        if identity:
            yield f"arn:aws:route53:::hostedzone/{bare(str(identity))}"
