"""Who reaches a bucket: its owner, whom its policy admits, and nobody whom its policy denies.

After "How Amazon S3 authorizes a request" in its User Guide. Calls here count as made over TLS, although the cloud itself has none. moto
ignores conditions, so that a policy with a conditional Deny would refuse every put; it decides nothing here.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Any

from rehearsal.callers import caller_of
from rehearsal.extensions.policies import missing_principals
from rehearsal.extensions.s3_actions import action_of, resources_of
from rehearsal.extensions.s3_common import bucket_of, denied, invalid, on_buckets, owned, stored
from rehearsal.policies_in_force import pattern
from rehearsal.registry import Call, adjusts, answers, backend, refuses
from rehearsal.replies import Refusal
from rehearsal.resource_policies import Caller, admits, denies

LARGEST = 20_480
OF_THE_ROOT_USER = ("PutBucketPolicy", "DeleteBucketPolicy")


@refuses("s3", *on_buckets())
def only_whom_the_policy_admits(call: Call) -> None:
    bucket = owned(str(call.get("Bucket") or ""))
    if bucket is None:
        return
    expected = call.get("ExpectedBucketOwner")
    if expected and expected != bucket.account_id:
        raise denied()
    caller, action = caller_of(call), action_of(call)
    for resource in resources_of(call):
        document = _on(document_of(bucket), resource)
        context = {"aws:securetransport": "true", **_acl(call)}
        allowed = caller.account_id == bucket.account_id or admits(document, caller, action, context)
        if not allowed or denies(document, caller, action, context):
            why = (
                "with an explicit deny in a resource-based policy"
                if allowed
                else f"because no resource-based policy allows the {action} action"
            )
            raise denied(f"User: {caller.arn} is not authorized to perform: {action} on resource: {resource} {why}")


def _acl(call: Call) -> dict[str, str]:
    return {"s3:x-amz-acl": str(call.get("ACL"))} if call.get("ACL") else {}


def document_of(bucket: Any) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(bucket.policy) if bucket.policy else {}
    return found


def _on(document: Mapping[str, Any], resource: str) -> dict[str, Any]:
    """The part of a policy that concerns a resource."""
    listed = document.get("Statement") or []
    found = [one for one in (listed if isinstance(listed, list) else [listed]) if _concerns(one, resource)]
    return {"Statement": [{name: item for name, item in one.items() if name != "NotResource"} for one in found]}


def _concerns(statement: Mapping[str, Any], resource: str) -> bool:
    listed = "Resource" in statement
    return any(pattern(one).fullmatch(resource) for one in _texts(statement.get("Resource", statement.get("NotResource", [])))) == listed


def _texts(value: Any) -> list[str]:
    return [str(one) for one in (value if isinstance(value, list) else [value])]


def service_may(name: str, service: str, action: str, key: str = "", *, source_arn: str = "", source_account: str = "") -> bool:
    """Whether a service of AWS may do this with a bucket, or one of its objects, by the bucket's policy alone.

    ``service``: its principal, such as cloudfront.amazonaws.com. An object under a KMS key also needs the key's policy: ``key_admits``.
    """
    bucket = owned(name)
    if bucket is None:
        return False
    resource = f"{bucket.arn}/{key}" if key else bucket.arn
    context = {
        "aws:securetransport": "true",
        "aws:principalisawsservice": "true",
        "aws:sourcearn": source_arn,
        "aws:sourceaccount": source_account,
    }
    context["s3:x-amz-acl"] = "bucket-owner-full-control"
    return _admits_service(_on(document_of(bucket), resource), service, action, {key: value for key, value in context.items() if value})


def key_admits(key_arn: str, service: str, action: str, *, source_arn: str = "") -> bool:
    """Whether a KMS key's own policy lets a service use it."""
    parts = key_arn.split(":")
    key = backend("kms", parts[4], parts[3]).keys.get(key_arn.rpartition("/")[2])
    return key is not None and _admits_service(json.loads(key.policy), service, action, {"aws:sourcearn": source_arn})


def _admits_service(document: Mapping[str, Any], service: str, action: str, context: Mapping[str, str]) -> bool:
    """Statements for a service name it as one; those for everybody may deny it."""
    named = [_as_if_by_name(one, service) for one in document.get("Statement") or ()]
    caller = Caller("", service)
    return admits({"Statement": named}, caller, action, context)


def _as_if_by_name(statement: Mapping[str, Any], service: str) -> dict[str, Any]:
    principal = statement.get("Principal")
    if principal == "*":
        return {**statement, "Principal": {"AWS": service}} if statement.get("Effect") == "Deny" else dict(statement)
    services = _texts(principal.get("Service", [])) if isinstance(principal, Mapping) else []
    return {**statement, "Principal": {"AWS": services or "nobody"}}


@adjusts("s3")
def decide_nothing_in_moto() -> None:
    from moto.iam.access_control import PermissionResult
    from moto.s3.models import FakeBucket

    FakeBucket.get_permission = lambda _self, _action, _resource: PermissionResult.NEUTRAL


@answers("s3", "PutBucketPolicy")
def put_policy(call: Call) -> dict[str, Any]:
    bucket, text = bucket_of(call), str(call.get("Policy") or "")
    try:
        document = json.loads(text)
    except ValueError as error:
        raise invalid("This policy contains invalid Json", "MalformedPolicy") from error
    if len(text) > LARGEST:
        raise invalid("Policy exceeds the maximum allowed document size.", "MalformedPolicy")
    if missing_principals(call, document):
        raise invalid("Invalid principal in policy", "MalformedPolicy")
    for statement in _statements(document):
        _check(bucket, statement)
    block = bucket.public_access_block
    if block is not None and str(block.block_public_policy).lower() == "true" and any(map(_is_public, _statements(document))):
        raise denied("User is not authorized: public policies are blocked by the BlockPublicPolicy setting in S3 Block Public Access.")
    bucket.policy = text.encode()
    return {}


def _statements(document: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    listed = document.get("Statement") or []
    yield from (listed if isinstance(listed, list) else [listed])


def _check(bucket: Any, statement: Mapping[str, Any]) -> None:
    resources = _texts(statement.get("Resource", statement.get("NotResource", [])))
    if not resources:
        raise invalid("Missing required field Resource", "MalformedPolicy")
    if not all(fnmatchcase(one.partition("/")[0], bucket.arn) or one.partition("/")[0] == bucket.arn for one in resources):
        raise invalid("Policy has invalid resource", "MalformedPolicy")
    if not (statement.get("Principal") or statement.get("NotPrincipal")):
        raise invalid("Missing required field Principal", "MalformedPolicy")


def _is_public(statement: Mapping[str, Any]) -> bool:
    """Amazon S3 User Guide, "The meaning of public": anybody is allowed, and no condition limits it to fixed values."""
    everybody = statement.get("Principal") in ("*", {"AWS": "*"}) and statement.get("Effect") == "Allow"
    return everybody and not statement.get("Condition")


@refuses("s3", "PutObject", "CopyObject", "CreateMultipartUpload")
def only_encryption_that_is_not_blocked(call: Call) -> None:
    bucket = owned(str(call.get("Bucket") or ""))
    if bucket is None or not call.get("SSECustomerAlgorithm"):
        return
    rules = stored(bucket).get("ServerSideEncryptionConfiguration", {}).get("Rules") or [{}]
    if "SSE-C" in ((rules[0].get("BlockedEncryptionTypes") or {}).get("EncryptionType") or ()):
        raise Refusal("AccessDenied", "Server Side Encryption with Customer provided key is blocked on this bucket.", 403)
