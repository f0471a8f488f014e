"""Authorization checks for Secrets Manager calls, after its part of the Service Authorization Reference.

A secret with a customer managed key also requires permissions for that key, which the service uses on the caller's behalf.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from rehearsal.asking import arn, ask, pairs
from rehearsal.extensions.keys import find_key
from rehearsal.extensions.secretsmanager_common import find_secret, has_default_key, is_replica, primary
from rehearsal.policies_in_force import Ask
from rehearsal.registry import Call, authorizes, backend

NOWHERE = frozenset({"BatchGetSecretValue", "GetRandomPassword", "ListSecrets"})
WRITES = frozenset({"CreateSecret", "PutSecretValue", "UpdateSecret"})
SUFFIX = "-xxxxxx"
"""In place of the six characters at the end of an ARN that does not exist yet."""


@authorizes("secretsmanager")
def asked(call: Call) -> Iterator[Ask]:
    request = pairs(call.get("Tags") or ())
    if call.operation in NOWHERE:
        yield ask(call, "*")
        for named in call.get("SecretIdList") or ():
            yield from _on_secret(call, find_secret(call, named), str(named), "secretsmanager:GetSecretValue", {})
    elif call.operation == "CreateSecret":
        yield from _create(call, request)
    else:
        yield from _on_secret(call, find_secret(call), str(call.get("SecretId") or ""), "", request)
        if function := call.get("RotationLambdaARN"):
            yield ask(call, str(function), "lambda:InvokeFunction")


def _create(call: Call, request: dict[str, str]) -> Iterator[Ask]:
    name = str(call.get("Name") or "")
    resource, key = arn(call, "secretsmanager", f"secret:{name}{SUFFIX}"), str(call.get("KmsKeyId") or "")
    yield ask(call, resource, request=request, secretsmanager_name=name, secretsmanager_kmskeyid=key)
    if request:
        yield ask(call, resource, "secretsmanager:TagResource", request=request)
    if call.get("AddReplicaRegions"):
        yield ask(call, resource, "secretsmanager:ReplicateSecretToRegions")
    yield from _key(call, key, call.account_id)


def _on_secret(call: Call, secret: Any, named: str, action: str, request: dict[str, str]) -> Iterator[Ask]:
    resource = secret.arn if secret else named if named.startswith("arn:") else arn(call, "secretsmanager", f"secret:{named}{SUFFIX}")
    more = {
        "secretsmanager_secretid": resource,
        "secretsmanager_versionid": str(call.get("VersionId") or ""),
        "secretsmanager_versionstage": str(call.get("VersionStage") or ""),
        "secretsmanager_recoverywindowindays": str(call.get("RecoveryWindowInDays") or ""),
        "secretsmanager_forcedeletewithoutrecovery": "true" if call.get("ForceDeleteWithoutRecovery") else "",
        "secretsmanager_kmskeyid": str(call.get("KmsKeyId") or ""),
    }
    there = pairs(primary(secret).tags or ()) if secret else {}
    yield ask(call, resource, action, request=request, there=there, **more)
    if call.operation == "UpdateSecret" and call.get("KmsKeyId"):
        yield from _key(call, str(call.get("KmsKeyId")), call.account_id)
    if secret is None or is_replica(secret) or has_default_key(secret):
        return
    if call.operation in WRITES or "GetSecretValue" in (action or call.operation):
        yield from _key(call, str(secret.kms_key_id), secret.account_id, reads=call.operation not in WRITES)


def _key(call: Call, named: str, account_id: str, *, reads: bool = False) -> Iterator[Ask]:
    use = find_key(named, account_id, call.region) if named else None
    if use is None or use.managed_by_aws:
        return
    tags = backend("kms", account_id, call.region).tagger.get_tag_dict_for_resource(use.arn.rpartition("/")[2])
    for action in ("kms:Decrypt",) if reads else ("kms:GenerateDataKey", "kms:Decrypt"):
        asked = ask(call, use.arn, action, there=tags)
        via = {"aws:viaawsservice": ("true",), "kms:viaservice": (f"secretsmanager.{call.region}.amazonaws.com",)}
        yield replace(asked, context={**asked.context, **via})
