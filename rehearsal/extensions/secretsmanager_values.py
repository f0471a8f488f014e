"""Values of secrets: read, written, and moved between stages; random passwords."""

from __future__ import annotations

import secrets as randomness
import string
from datetime import UTC, datetime
from typing import Any

from rehearsal.extensions.keys import find_key, names_account
from rehearsal.extensions.secretsmanager_common import (
    CURRENT,
    add_version,
    changeable_secret,
    has_default_key,
    has_value,
    is_replica,
    kept_secret,
    labeled,
    move_label,
    new_version_id,
    page,
    primary,
    repeated,
    require_key,
    secret_of,
    value_in,
)
from rehearsal.extensions.secretsmanager_policies import allows_account
from rehearsal.extensions.secretsmanager_secrets import matching
from rehearsal.registry import Call, answers
from rehearsal.replies import Refusal
from rehearsal.transitions import moment

LONGEST_PASSWORD, USUAL_PASSWORD = 4_096, 32
MOST_IN_A_BATCH = 20


@answers("secretsmanager", "GetSecretValue")
def get(call: Call) -> dict[str, Any]:
    return _value(call, kept_secret(call), call.get("VersionId"), call.get("VersionStage"))


def _value(call: Call, secret: Any, version_id: str | None = None, label: str | None = None) -> dict[str, Any]:
    """The value of one version, in the shape of GetSecretValue."""
    main = primary(secret)
    _check_account(call, main)
    name = version_id or labeled(main, label or CURRENT)
    version = main.versions.get(name)
    if version is None or not has_value(version):
        what = f"VersionId: {version_id}" if version_id else f"staging label: {label or CURRENT}"
        raise Refusal("ResourceNotFoundException", f"Secrets Manager can't find the specified secret value for {what}")
    if version_id and label and label not in version["version_stages"]:
        text = "You provided a VersionStage that is not associated to the provided VersionId."
        raise Refusal("InvalidRequestException", text)
    key = secret.config["KmsKeyId"] if is_replica(secret) else version.get("kms_key_id", main.kms_key_id)
    require_key(call, key, "DecryptionFailure", main.account_id)
    main.rehearsal_read = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0).timestamp()
    held = {"SecretString": version.get("secret_string"), "SecretBinary": version.get("secret_binary")}
    return {
        "ARN": secret.arn,
        "Name": main.name,
        "VersionId": name,
        "VersionStages": list(version["version_stages"]),
        "CreatedDate": datetime.fromtimestamp(version["createdate"], UTC),
    } | {member: value for member, value in held.items() if value is not None}


def _check_account(call: Call, secret: Any) -> None:
    """Another account needs the secret's resource policy, and a key that is not AWS's own and whose policy names the account."""
    if secret.account_id == call.account_id:
        return
    if not allows_account(secret, call.account_id):
        text = f"Account {call.account_id} is not authorized to perform: secretsmanager:GetSecretValue on resource: {secret.arn}"
        raise Refusal("AccessDeniedException", f"{text} because no resource-based policy allows the secretsmanager:GetSecretValue action")
    if has_default_key(secret):
        text = "You can't access a secret from a different AWS account if you encrypt the secret with the default KMS service key."
        raise Refusal("InvalidRequestException", text)
    key = find_key(secret.kms_key_id, secret.account_id, call.region).key
    if key is not None and not names_account(key, call.account_id):
        raise Refusal("AccessDeniedException", "Access to KMS is not allowed")


@answers("secretsmanager", "BatchGetSecretValue")
def batch(call: Call) -> dict[str, Any]:
    named, filters = call.get("SecretIdList") or [], call.get("Filters") or []
    if bool(named) == bool(filters):
        raise Refusal("InvalidParameterException", "Either 'SecretIdList' or 'Filters' must be provided, but not both.")
    if call.get("MaxResults") and not filters:
        text = "'Filters' not specified. 'Filters' must also be specified when 'MaxResults' is provided."
        raise Refusal("InvalidParameterException", text)
    if len(named) > MOST_IN_A_BATCH:
        raise Refusal("ValidationException", f"SecretIdList can have at most {MOST_IN_A_BATCH} entries, not {len(named)}.")
    selected = page(call, "names", list(named) or [secret.arn for secret in matching(call)])
    values, errors = [], []
    for name in selected.pop("names"):
        try:
            values.append(_value(call, kept_secret(call, name)))
        except Refusal as refusal:
            errors.append({"SecretId": name, "ErrorCode": refusal.code, "Message": refusal.message})
    return {"SecretValues": values, "Errors": errors, **selected}


@answers("secretsmanager", "PutSecretValue")
def put(call: Call) -> dict[str, Any]:
    """Without VersionStages, and for a secret's first value, the new version becomes AWSCURRENT."""
    secret, value, version_id = changeable_secret(call), value_in(call), new_version_id(call)
    if not value:
        raise Refusal("InvalidRequestException", "You must provide either SecretString or SecretBinary.")
    labels = list(call.get("VersionStages") or [CURRENT])
    if labeled(secret, CURRENT) is None and CURRENT not in labels:
        labels.append(CURRENT)
    if not repeated(secret, version_id, value):
        require_key(call, secret.kms_key_id, "EncryptionFailure")
        add_version(secret, version_id, value, labels)
    return {
        "ARN": secret.arn,
        "Name": secret.name,
        "VersionId": version_id,
        "VersionStages": list(secret.versions[version_id]["version_stages"]),
    }


@answers("secretsmanager", "UpdateSecretVersionStage")
def update_stage(call: Call) -> dict[str, Any]:
    secret, label = changeable_secret(call), str(call.get("VersionStage"))
    to, source, before = call.get("MoveToVersionId"), call.get("RemoveFromVersionId"), labeled(secret, label)
    for version in (to, source):
        if version is not None and version not in secret.versions:
            raise Refusal("InvalidParameterException", f"Not a valid version: {version}")
    if source is not None and source != before:
        raise Refusal("InvalidParameterException", f"Version stage {label} not found in version {source}")
    if before is not None and before != to and source is None:
        text = (
            f"The parameter RemoveFromVersionId can't be empty. Staging label {label} is currently attached to version {before}, so you "
            "must explicitly reference that version in RemoveFromVersionId."
        )
        raise Refusal("InvalidParameterException", text)
    if label == CURRENT and to is None:
        text = "You can only move staging label AWSCURRENT to a different secret version. It can't be completely removed."
        raise Refusal("InvalidParameterException", text)
    move_label(secret, label, to)
    secret.last_changed_date = moment().timestamp()
    return {"ARN": secret.arn, "Name": secret.name}


@answers("secretsmanager", "ListSecretVersionIds")
def versions(call: Call) -> dict[str, Any]:
    """Versions without a staging label are deprecated, and listed only on request."""
    secret = secret_of(call)
    main = primary(secret)
    found = [
        {
            "VersionId": name,
            "VersionStages": list(version["version_stages"]),
            "CreatedDate": datetime.fromtimestamp(version["createdate"], UTC),
            "KmsKeyIds": [version.get("kms_key_id") or "DefaultEncryptionKey"],
        }
        for name, version in main.versions.items()
        if version["version_stages"] or call.get("IncludeDeprecated")
    ]
    return {"ARN": secret.arn, "Name": main.name, **page(call, "Versions", found)}


@answers("secretsmanager", "GetRandomPassword")
def random_password(call: Call) -> dict[str, Any]:
    length = int(call.get("PasswordLength") or USUAL_PASSWORD)
    if not 1 <= length <= LONGEST_PASSWORD:
        raise Refusal("ValidationException", f"PasswordLength must be between 1 and {LONGEST_PASSWORD}, not {length}.")
    kinds = {
        "ExcludeLowercase": string.ascii_lowercase,
        "ExcludeUppercase": string.ascii_uppercase,
        "ExcludeNumbers": string.digits,
        "ExcludePunctuation": string.punctuation,
    }
    excluded = set(call.get("ExcludeCharacters") or "")
    alphabets = [[one for one in letters if one not in excluded] for name, letters in kinds.items() if not call.get(name)]
    if call.get("IncludeSpace"):
        alphabets.append([" "])
    alphabets = [letters for letters in alphabets if letters]
    required = alphabets if call.get("RequireEachIncludedType", True) else []
    if not alphabets or length < len(required):
        raise Refusal("InvalidParameterException", "Password length is too short based on the required types.")
    every = [letter for letters in alphabets for letter in letters]
    chosen = [randomness.choice(letters) for letters in required]
    chosen += [randomness.choice(every) for _ in range(length - len(chosen))]
    randomness.SystemRandom().shuffle(chosen)
    return {"RandomPassword": "".join(chosen)}
