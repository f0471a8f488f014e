"""Authorization checks for ACM calls, after its part of the Service Authorization Reference."""

from __future__ import annotations

from collections.abc import Iterator

from rehearsal.asking import arn, ask
from rehearsal.policies_in_force import Ask
from rehearsal.registry import Call, authorizes


@authorizes("acm")
def asked(call: Call) -> Iterator[Ask]:
    request = {tag["Key"]: tag.get("Value") or "" for tag in call.get("Tags") or ()}
    named = call.get("CertificateArn")
    certificate = call.backend._certificates.get(named) if named else None
    there = {name: value or "" for name, value in certificate.tags.items()} if certificate else {}
    yield ask(call, str(named or "*"), request=request, there=there)
    if call.operation == "RequestCertificate" and request:
        yield ask(call, arn(call, "acm", "certificate/*"), "acm:AddTagsToCertificate", request=request)
