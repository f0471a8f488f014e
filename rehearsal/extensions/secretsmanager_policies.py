"""Resource policies of secrets."""

from __future__ import annotations

import json
from typing import Any

from rehearsal.extensions.policies import missing_principals, principals, statements
from rehearsal.extensions.secretsmanager_common import kept_secret, refuse_replica
from rehearsal.registry import Call, answers
from rehearsal.replies import Refusal

LONGEST = 20_480


def allows_account(secret: Any, account_id: str) -> bool:
    """Whether a secret's resource policy names an account or one of its principals in a statement that allows."""
    document = json.loads(secret.policy) if secret.policy else {}
    allowing = {"Statement": [one for one in statements(document) if one.get("Effect") == "Allow"]}
    return any(named in ("*", account_id) or f"::{account_id}:" in named for named in principals(allowing))


@answers("secretsmanager", "PutResourcePolicy")
def put(call: Call) -> dict[str, Any]:
    secret, text = _secret(call), str(call.get("ResourcePolicy") or "")
    if problems := _problems(call, text):
        code, message = problems[0]
        raise Refusal(code, message)
    if call.get("BlockPublicPolicy", True) and _is_public(json.loads(text)):
        raise Refusal("PublicPolicyException", "You can't attach the resource policy because it allows public access to the secret.")
    secret.policy = text
    return {"ARN": secret.arn, "Name": secret.name}


@answers("secretsmanager", "GetResourcePolicy")
def get(call: Call) -> dict[str, Any]:
    secret = _secret(call)
    return {"ARN": secret.arn, "Name": secret.name} | ({"ResourcePolicy": secret.policy} if secret.policy else {})


@answers("secretsmanager", "DeleteResourcePolicy")
def delete(call: Call) -> dict[str, Any]:
    secret = _secret(call)
    secret.policy = None
    return {"ARN": secret.arn, "Name": secret.name}


@answers("secretsmanager", "ValidateResourcePolicy")
def validate(call: Call) -> dict[str, Any]:
    found = _problems(call, str(call.get("ResourcePolicy") or ""))
    return {"PolicyValidationPassed": not found, "ValidationErrors": [{"CheckName": code, "ErrorMessage": text} for code, text in found]}


def _secret(call: Call) -> Any:
    secret = kept_secret(call)
    refuse_replica(secret)
    return secret


def _problems(call: Call, text: str) -> list[tuple[str, str]]:
    """Why AWS does not accept a policy: (code, message)."""
    malformed = "MalformedPolicyDocumentException"
    if len(text) > LONGEST:
        return [("InvalidParameterException", f"The resource policy has {len(text)} characters; it can have at most {LONGEST}.")]
    try:
        document = json.loads(text)
    except ValueError:
        return [(malformed, "This resource policy is not a valid JSON document.")]
    if not isinstance(document, dict) or not statements(document):
        return [(malformed, "This resource policy contains no statement.")]
    if unsupported := [one for one in statements(document) if not (one.get("Principal") or one.get("NotPrincipal"))]:
        return [(malformed, f"This resource policy contains a statement without a principal: {unsupported[0].get('Sid', '')}")]
    if missing := missing_principals(call, document):
        return [(malformed, f"This resource policy contains an unsupported principal: {missing[0]}")]
    return []


def _is_public(document: dict[str, Any]) -> bool:
    """A statement for everyone, without a condition."""
    allowing = [one for one in statements(document) if one.get("Effect") == "Allow" and not one.get("Condition")]
    return any(named == "*" for one in allowing for named in principals({"Statement": one}))
