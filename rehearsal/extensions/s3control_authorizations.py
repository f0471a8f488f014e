"""Authorization checks for S3 Control calls, whose actions are S3's."""

from __future__ import annotations

from collections.abc import Iterator

from rehearsal.asking import ask, pairs
from rehearsal.policies_in_force import Ask
from rehearsal.registry import Call, authorizes

ACCOUNT = {"GetPublicAccessBlock": "s3:GetAccountPublicAccessBlock", "PutPublicAccessBlock": "s3:PutAccountPublicAccessBlock"}


@authorizes("s3control")
def asked(call: Call) -> Iterator[Ask]:
    yield ask(call, str(call.get("ResourceArn") or "*"), ACCOUNT.get(call.operation, ""), request=pairs(call.get("Tags") or ()))
