"""Authorization checks for S3 calls, after its part of the Service Authorization Reference."""

from __future__ import annotations

from collections.abc import Iterator

from rehearsal.asking import ask, pairs
from rehearsal.extensions.s3_actions import action_of, resources_of
from rehearsal.policies_in_force import Ask
from rehearsal.registry import Call, authorizes


@authorizes("s3")
def asked(call: Call) -> Iterator[Ask]:
    """Conditions on tags count only where attribute-based access control is on, so the tags on a bucket are no part of any question."""
    action, request = action_of(call), pairs((call.get("CreateBucketConfiguration") or {}).get("Tags") or ())
    for resource in resources_of(call) or ["*"]:
        yield ask(call, resource, action)
        if call.operation == "DeleteObjects":
            yield ask(call, resource, "s3:DeleteObjectVersion")
        if call.operation == "CreateBucket":
            if request:
                yield ask(call, resource, "s3:TagResource", request=request)
            if call.get("ObjectOwnership"):
                yield ask(call, resource, "s3:PutBucketOwnershipControls")
    if call.operation == "PutBucketReplication":
        role = str((call.get("ReplicationConfiguration") or {}).get("Role"))
        yield ask(call, role, "iam:PassRole", iam_passedtoservice="s3.amazonaws.com")
