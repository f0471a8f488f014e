"""How a proxy logs in to its targets: with the secrets of its users, which its role must be able to read."""

from __future__ import annotations

import json
from typing import Any

from rehearsal.extensions.keys import find_key
from rehearsal.extensions.rds_proxy_record import Proxy, Target
from rehearsal.extensions.secretsmanager_common import CURRENT, has_default_key, is_marked, labeled, primary, secrets_of
from rehearsal.policies_in_force import Ask, NotUnderstood, parse, verdict
from rehearsal.registry import backend, one_at_a_time

REACHABLE = ("available", "backing-up", "modifying", "storage-optimization", "configuring-enhanced-monitoring", "renaming", "maintenance")


def find(proxy: Proxy, arn: str) -> Any:
    """The secret with this ARN, or None."""
    region, account = arn.split(":")[3:5] if arn.count(":") >= 5 else (proxy.region, proxy.account_id)
    return next((one for one in secrets_of(backend("secretsmanager", account, region)) if arn in (one.arn, one.name)), None)


def problem_of(proxy: Proxy, arn: str) -> str | None:
    """Why the proxy cannot log in with a secret; None if it can."""
    secret = find(proxy, arn)
    if secret is None or is_marked(secret):
        return f"the secret {arn} does not exist"
    main = primary(secret)
    version = main.versions.get(labeled(main, CURRENT)) or {}
    if not _login(version):
        return f"the secret {arn} has no value with username and password"
    if reason := _refusal(proxy, Ask("secretsmanager:GetSecretValue", secret.arn, _tags(main))):
        return f"the proxy's role cannot read the secret {arn}: {reason}"
    if has_default_key(main):
        return None
    key = find_key(str(main.kms_key_id), main.account_id, main.region)
    if key.problem:
        return f"the key of the secret {arn} cannot be used: {key.problem}"
    via = {"kms:viaservice": (f"secretsmanager.{proxy.region}.amazonaws.com",), "aws:viaawsservice": ("true",)}
    reason = _refusal(proxy, Ask("kms:Decrypt", key.arn, via))
    return f"the proxy's role cannot use the key of the secret {arn}: {reason}" if reason else None


def _tags(secret: Any) -> dict[str, tuple[str, ...]]:
    return {f"aws:resourcetag/{tag['Key'].lower()}": (tag["Value"],) for tag in secret.tags or []}


def _login(version: dict[str, Any]) -> tuple[str, str] | None:
    try:
        value = json.loads(version.get("secret_string") or "")
        return str(value["username"]), str(value["password"])
    except (ValueError, KeyError, TypeError):
        return None


def _refusal(proxy: Proxy, ask: Ask) -> str | None:
    """Why the policies of the proxy's role do not allow something."""
    iam = backend("iam", proxy.account_id, proxy.region)
    role = next((one for one in iam.roles.values() if one.arn == proxy.settings["RoleArn"]), None)
    if role is None:
        return "the role does not exist"
    texts = [*role.policies.values(), *(policy.document for policy in role.managed_policies.values())]
    try:
        return verdict(parse([json.loads(text) if isinstance(text, str) else text for text in texts]), ask)
    except NotUnderstood as error:
        return str(error)


def users_of(proxy: Proxy) -> dict[str, str]:
    """The users that the proxy can log in, with their passwords, as its secrets hold them now."""
    found = {}
    with one_at_a_time:
        for one in proxy.settings["Auth"]:
            arn = one.get("SecretArn")
            if not arn or problem_of(proxy, arn):
                continue
            main = primary(find(proxy, arn))
            if login := _login(main.versions[labeled(main, CURRENT)]):
                found[login[0]] = login[1]
    return found


def health(proxy: Proxy, target: Target) -> dict[str, str]:
    """A target's health: whether the instance answers, and the proxy can log in."""
    if target.registering:
        return {"State": "REGISTERING"}
    status = target.instance.status
    if status not in REACHABLE:
        text = f"The DB instance {target.instance.db_instance_identifier} is in state {status}."
        return {"State": "UNAVAILABLE", "Reason": "CONNECTION_FAILED", "Description": text}
    arns = [one["SecretArn"] for one in proxy.settings["Auth"] if one.get("SecretArn")]
    problems = [problem for arn in arns if (problem := problem_of(proxy, arn))]
    if arns and len(problems) == len(arns):
        return {"State": "UNAVAILABLE", "Reason": "AUTH_FAILURE", "Description": f"No registered credentials can be used: {problems[0]}."}
    return {"State": "AVAILABLE"}
