"""Authorization checks for ECR calls, after its part of the Service Authorization Reference."""

from __future__ import annotations

from collections.abc import Iterator

from rehearsal.asking import arn, ask, pairs
from rehearsal.policies_in_force import Ask
from rehearsal.registry import Call, authorizes, backend


@authorizes("ecr")
def asked(call: Call) -> Iterator[Ask]:
    names = call.get("repositoryNames") or ([call.get("repositoryName")] if call.get("repositoryName") else [])
    resources = [str(call.get("resourceArn"))] if call.get("resourceArn") else [arn(call, "ecr", f"repository/{name}") for name in names]
    if not resources and call.operation == "DescribeRepositories":
        resources = [arn(call, "ecr", "repository/*")]
    request = pairs(call.get("tags") or ())
    if not resources:
        yield ask(call, "*")
    for one in resources:
        there = backend("ecr", call.account_id, call.region).tagger.get_tag_dict_for_resource(one)
        yield ask(call, one, request=request, there=there)
        if call.operation == "CreateRepository" and request:
            yield ask(call, one, "ecr:TagResource", request=request)
    if call.operation == "CreateRepository":
        key = (call.get("encryptionConfiguration") or {}).get("kmsKey")
        yield from _key(call, key, "kms:CreateGrant", "kms:DescribeKey")
    elif call.operation == "DeleteRepository":
        found = call.backend.repositories.get(call.get("repositoryName"))
        yield from _key(call, found and found.encryption_configuration.get("kmsKey"), "kms:RetireGrant")


def _key(call: Call, named: str | None, *actions: str) -> Iterator[Ask]:
    """ECR creates and retires a grant on a customer managed key, with the caller's permissions."""
    if not named or "alias/aws/" in named:
        return
    kms = backend("kms", call.account_id, call.region)
    there = kms.tagger.get_tag_dict_for_resource(named.rpartition("/")[2])
    for action in actions:
        yield ask(call, named, action, there=there)
