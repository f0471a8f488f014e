"""Shared code of the Secrets Manager files: lookup of secrets, versions and their staging labels, keys, and pages.

Secrets are moto's objects, so that moto's other services see them. A version is an entry of `versions`: "version_id", "version_stages",
"createdate", "kms_key_id", and "secret_string" or "secret_binary".
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterable
from typing import Any

from rehearsal.extensions.keys import AWS_MANAGED, find_key
from rehearsal.registry import Call, backend
from rehearsal.replies import Refusal
from rehearsal.transitions import moment

CURRENT, PENDING, PREVIOUS = "AWSCURRENT", "AWSPENDING", "AWSPREVIOUS"
DEFAULT_KEY = "alias/aws/secretsmanager"
OWNER_TAG = "aws:secretsmanager:owningService"
LARGEST_VALUE = 65_536
MOST_VERSIONS = 100
PAGE = 100
MARKED = "You can't perform this operation on the secret because it was marked for deletion."
_ARN = re.compile(r"^arn:aws[\w-]*:secretsmanager:(?P<region>[\w-]+):(?P<account>\d{12}):secret:(?P<name>.+)$")

type Version = dict[str, Any]


def secrets_of(store: Any) -> list[Any]:
    """Every secret of one of moto's backends. Its lookups by key know several forms of names, which are not needed here."""
    return list(dict.values(store.secrets))


def find_secret(call: Call, named: Any = None) -> Any:
    """The secret with this name, ARN, or ARN without its suffix; None if there is none. An ARN may name another account."""
    wanted = str(named or call.get("SecretId") or "")
    match = _ARN.match(wanted)
    if match is None:
        return next((one for one in secrets_of(call.backend) if one.name == wanted), None)
    if match["region"] != call.region:
        return None
    there = secrets_of(backend("secretsmanager", match["account"], call.region))
    return next((one for one in there if wanted in (one.arn, one.arn[:-7])), None)


def secret_of(call: Call, named: Any = None) -> Any:
    """The secret that a call names, whether or not it is marked for deletion."""
    secret = find_secret(call, named)
    if secret is None:
        raise Refusal("ResourceNotFoundException", "Secrets Manager can't find the specified secret.")
    return secret


def kept_secret(call: Call, named: Any = None) -> Any:
    """The secret that a call names, which must not be marked for deletion."""
    secret = secret_of(call, named)
    if is_marked(secret):
        raise Refusal("InvalidRequestException", MARKED)
    return secret


def changeable_secret(call: Call, *, marked: bool = False) -> Any:
    """The secret that a call is to change: no replica, and owned by no other service."""
    secret = secret_of(call) if marked else kept_secret(call)
    refuse_replica(secret)
    refuse_managed(secret)
    return secret


def refuse_replica(secret: Any) -> None:
    if is_replica(secret):
        text = "Operation not permitted on a replica secret. Call must be made in primary secret's region."
        raise Refusal("InvalidRequestException", text)


def refuse_managed(secret: Any) -> None:
    if secret.owning_service:
        text = "You can't perform this operation: the secret is managed by another service, and you must use that service to update it."
        raise Refusal("InvalidRequestException", text)


def is_replica(secret: Any) -> bool:
    return hasattr(secret, "source")


def is_marked(secret: Any) -> bool:
    """Whether the secret is scheduled for deletion. A replica goes with its primary."""
    return getattr(primary(secret), "deleted_date", None) is not None


def primary(secret: Any) -> Any:
    return getattr(secret, "source", secret)


def forget(store: Any, secret: Any) -> None:
    """Removes a secret from one of moto's backends."""
    for key, value in list(dict.items(store.secrets)):
        if value is secret:
            dict.__delitem__(store.secrets, key)


# --- versions ---


def new_version_id(call: Call) -> str:
    """The ID of the version that a call creates: its client token, else a random one."""
    token = call.get("ClientRequestToken")
    if token is None:
        return str(uuid.uuid4())
    if not 32 <= len(token) <= 64:
        raise Refusal("InvalidParameterException", "ClientRequestToken must be 32-64 characters long.")
    return str(token)


def value_in(call: Call) -> Version:
    """The value that a call carries, as members of a version; {} if it carries none."""
    text, binary = call.get("SecretString"), call.get("SecretBinary")
    if text is not None and binary is not None:
        raise Refusal("InvalidParameterException", "You can't specify both SecretString and SecretBinary in the same request.")
    size = len(text.encode() if text is not None else binary or b"")
    if size > LARGEST_VALUE:
        raise Refusal("ValidationException", f"The secret value is {size} bytes long; it must have at most {LARGEST_VALUE} bytes.")
    return {"secret_string": text} if text is not None else {"secret_binary": binary} if binary is not None else {}


def repeated(secret: Any, version_id: str, value: Version) -> bool:
    """Whether a version with this ID and value exists already. Raises Refusal if its value is another one: versions never change.

    A version that a rotation began has no value yet.
    """
    version = secret.versions.get(version_id)
    if version is None or not has_value(version):
        return False
    if value_of(version) != value:
        text = f"You can't use ClientRequestToken {version_id} because that value is already in use for a version of secret {secret.arn}."
        raise Refusal("ResourceExistsException", text)
    return True


def add_version(secret: Any, version_id: str, value: Version, labels: Iterable[str]) -> None:
    """Adds a version, or gives a version without a value its value, and moves the staging labels to it."""
    now = moment().timestamp()
    version = secret.versions.setdefault(version_id, {"version_id": version_id, "version_stages": [], "createdate": now})
    version.update(value, kms_key_id=secret.kms_key_id)
    for label in labels:
        move_label(secret, label, version_id)
    secret.last_changed_date = now
    unlabeled = [name for name, one in secret.versions.items() if not one["version_stages"]]
    for name in unlabeled[: max(0, len(secret.versions) - MOST_VERSIONS)]:
        del secret.versions[name]


def has_value(version: Version) -> bool:
    return bool(value_of(version))


def value_of(version: Version) -> Version:
    return {name: version[name] for name in ("secret_string", "secret_binary") if version.get(name) is not None}


def labeled(secret: Any, label: str) -> str | None:
    """The ID of the version that has a staging label."""
    return next((name for name, version in secret.versions.items() if label in version["version_stages"]), None)


def move_label(secret: Any, label: str, version_id: str | None) -> None:
    """Moves a staging label; None removes it. The version that AWSCURRENT leaves becomes AWSPREVIOUS."""
    before = labeled(secret, label)
    if before == version_id:
        return
    if before is not None:
        secret.versions[before]["version_stages"].remove(label)
    if version_id is not None:
        secret.versions[version_id]["version_stages"].append(label)
    if label == CURRENT:
        secret.set_default_version_id(version_id)
        move_label(secret, PREVIOUS, before)


# --- keys ---


def checked_key(call: Call, error: str = "EncryptionFailure") -> str | None:
    """The key that a call names, as it names it; None for the default key, which an empty name means, too.

    Raises Refusal for a key that cannot be used.
    """
    named = call.get("KmsKeyId")
    if not named or str(named).endswith(DEFAULT_KEY):
        return None
    require_key(call, str(named), error)
    return str(named)


def require_key(call: Call, named: str | None, error: str, account_id: str | None = None) -> None:
    use = find_key(named, account_id or call.account_id, call.region) if named else None
    if use is not None and use.problem:
        verb = "encrypt" if error == "EncryptionFailure" else "decrypt"
        raise Refusal(error, f"Secrets Manager can't {verb} the protected secret text using the provided KMS key: {use.problem}")


def has_default_key(secret: Any) -> bool:
    return not secret.kms_key_id or AWS_MANAGED in str(secret.kms_key_id)


# --- pages ---


def page(call: Call, member: str, items: list[Any]) -> dict[str, Any]:
    """One page of a list, of the requested size but at most 100, with the token of the next page."""
    token = call.get("NextToken")
    if token and not str(token).isdigit():
        raise Refusal("InvalidNextTokenException", "The NextToken value is invalid.")
    begin, size = int(token or 0), int(call.get("MaxResults") or PAGE)
    end = begin + size
    return {member: items[begin:end]} | ({"NextToken": str(end)} if end < len(items) else {})
