"""Requests that IAM rejects: trust policies without principals, boundaries that do not exist, reserved tags."""

from __future__ import annotations

import json

from rehearsal.extensions.policies import missing_principals, statements
from rehearsal.registry import Call, refuses
from rehearsal.replies import Refusal
from rehearsal.tag_forms import misformed


@refuses("iam", "CreateRole", "UpdateAssumeRolePolicy")
def trust_policy(call: Call) -> None:
    try:
        document = json.loads(call.get("AssumeRolePolicyDocument") or call.get("PolicyDocument") or "")
    except ValueError:
        raise Refusal("MalformedPolicyDocument", "This policy contains invalid Json") from None
    found = statements(document) if isinstance(document, dict) else []
    if not found or any("Principal" not in entry and "NotPrincipal" not in entry for entry in found):
        raise Refusal("MalformedPolicyDocument", "AssumeRole policy must contain principals in every statement")
    missing = missing_principals(call, document)
    if missing:
        raise Refusal("MalformedPolicyDocument", f'Invalid principal in policy: "AWS":"{missing[0]}"')


@refuses("iam", "CreateRole", "PutRolePermissionsBoundary")
def boundary(call: Call) -> None:
    arn = call.get("PermissionsBoundary")
    if arn and arn not in call.backend.managed_policies:
        raise Refusal("NoSuchEntity", f"Scope ARN: {arn} does not exist or is not attachable.", 404)


@refuses(
    "iam",
    *("CreateInstanceProfile", "CreateOpenIDConnectProvider", "CreatePolicy", "CreateRole"),
    *("TagInstanceProfile", "TagOpenIDConnectProvider", "TagPolicy", "TagRole"),
)
def reserved_tags(call: Call) -> None:
    if (wrong := misformed((tag["Key"], tag.get("Value")) for tag in call.get("Tags") or [])) is not None:
        text = (
            f"1 validation error detected: Value '{wrong}' at 'tags' failed to satisfy constraint: Member must satisfy regular expression "
        )
        raise Refusal("ValidationError", text + "pattern: [\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]+")
    given = [tag["Key"] for tag in call.get("Tags") or []]
    if any(key.lower().startswith("aws:") for key in given):
        raise Refusal("InvalidInput", "Tag keys starting with 'aws:' are reserved for internal use")
    if len({key.lower() for key in given}) != len(given):
        raise Refusal("InvalidInput", "Duplicate tag keys found. Please note that Tag keys are case insensitive.")
    if len(given) > 50:
        raise Refusal("LimitExceeded", "The number of tags has reached the maximum limit.", 409)
