"""Secrets: created, described, changed, listed, deleted with a recovery window, and restored."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from rehearsal.extensions.secretsmanager_common import (
    CURRENT,
    DEFAULT_KEY,
    add_version,
    changeable_secret,
    checked_key,
    find_secret,
    forget,
    is_marked,
    is_replica,
    new_version_id,
    page,
    primary,
    refuse_managed,
    refuse_replica,
    repeated,
    secret_of,
    secrets_of,
    value_in,
)
from rehearsal.extensions.secretsmanager_replicas import replicate, statuses
from rehearsal.registry import Call, answers, settles
from rehearsal.replies import Refusal
from rehearsal.transitions import moment

_NAME = re.compile(r"^[\w/+=.@!-]{1,512}$", re.ASCII)
BAD_NAME = "Invalid name. Must be a valid name containing alphanumeric characters, or any of the following: -/_+=.@!"
MOST_TAGS = 50
WINDOWS = range(7, 31)
DAY = 86_400


@settles("secretsmanager")
def delete_after_the_window(call: Call) -> None:
    for secret in secrets_of(call.backend):
        if not is_replica(secret) and secret.deleted_date is not None and secret.deleted_date <= moment().timestamp():
            forget(call.backend, secret)


@answers("secretsmanager", "CreateSecret")
def create(call: Call) -> dict[str, Any]:
    from moto.secretsmanager.models import FakeSecret

    name, value, version_id = str(call.get("Name") or ""), value_in(call), new_version_id(call)
    if not _NAME.match(name):
        raise Refusal("ValidationException", BAD_NAME)
    existing = find_secret(call, name)
    if existing is not None:
        return _created_before(existing, version_id, value)
    if "!" in name:
        raise Refusal("InvalidRequestException", f"The name {name} is reserved for secrets that other services manage.")
    tags = _tags(call)
    key = checked_key(call)
    now = moment().timestamp()
    secret = FakeSecret(
        account_id=call.account_id,
        region_name=call.region,
        secret_id=name,
        secret_version={},
        version_id=version_id,
        description=call.get("Description"),
        tags=tags,
        kms_key_id=key,
        created_date=now,
        last_changed_date=now,
    )
    call.backend.secrets[name] = secret
    if value:
        add_version(secret, version_id, value, [CURRENT])
    if regions := call.get("AddReplicaRegions"):
        replicate(call, secret, regions, overwrite=bool(call.get("ForceOverwriteReplicaSecret")))
    return _named(secret, version_id if value else None) | statuses(secret)


def _created_before(secret: Any, version_id: str, value: dict[str, Any]) -> dict[str, Any]:
    """The response to a repeated creation: successful only with the first one's token and value."""
    if is_marked(secret):
        text = "You can't create this secret because a secret with this name is already scheduled for deletion."
        raise Refusal("InvalidRequestException", text)
    if is_replica(secret) or version_id not in secret.versions or not repeated(secret, version_id, value):
        raise Refusal("ResourceExistsException", f"The operation failed because the secret {secret.name} already exists.")
    return _named(secret, version_id)


@answers("secretsmanager", "DescribeSecret")
def describe(call: Call) -> dict[str, Any]:
    secret = secret_of(call)
    described = _described(secret)
    labels = {name: list(version["version_stages"]) for name, version in primary(secret).versions.items() if version["version_stages"]}
    return described | ({"VersionIdsToStages": labels} if labels else {}) | statuses(secret)


def _described(secret: Any) -> dict[str, Any]:
    """The members that descriptions and lists have in common; members without a value are absent, as on AWS."""
    main = primary(secret)
    rules = main.__dict__.get("rehearsal_rules")
    key = secret.config["KmsKeyId"] if is_replica(secret) else main.kms_key_id
    members = {
        "ARN": secret.arn,
        "Name": main.name,
        "Description": main.description,
        "KmsKeyId": None if key is None or str(key).endswith(DEFAULT_KEY) else key,
        "RotationEnabled": True if main.rotation_enabled else (False if rules else None),
        "RotationLambdaARN": main.rotation_lambda_arn or None,
        "RotationRules": rules,
        "LastRotatedDate": _moment(main.last_rotation_date),
        "NextRotationDate": _moment(main.next_rotation_date) if main.rotation_enabled else None,
        "LastChangedDate": _moment(main.last_changed_date),
        "LastAccessedDate": _moment(main.__dict__.get("rehearsal_read")),
        "DeletedDate": _moment(main.deleted_date),
        "Tags": list(main.tags or []),
        "OwningService": main.owning_service,
        "CreatedDate": _moment(main.created_date),
        "PrimaryRegion": main.region if is_replica(secret) or main.replicas else None,
    }
    return {name: value for name, value in members.items() if value is not None}


@answers("secretsmanager", "UpdateSecret")
def update(call: Call) -> dict[str, Any]:
    secret = changeable_secret(call)
    value, version_id = value_in(call), new_version_id(call)
    if call.get("KmsKeyId") is not None:
        secret.kms_key_id = checked_key(call)
    if call.get("Description") is not None:
        secret.description = call.get("Description")
    secret.last_changed_date = moment().timestamp()
    if not value:
        return _named(secret, None)
    if not repeated(secret, version_id, value):
        add_version(secret, version_id, value, [CURRENT])
    return _named(secret, version_id)


@answers("secretsmanager", "DeleteSecret")
def delete(call: Call) -> dict[str, Any]:
    days, force = call.get("RecoveryWindowInDays"), bool(call.get("ForceDeleteWithoutRecovery"))
    if days is not None and force:
        text = "You can't use ForceDeleteWithoutRecovery in conjunction with RecoveryWindowInDays."
        raise Refusal("InvalidParameterException", text)
    if days is not None and int(days) not in WINDOWS:
        raise Refusal("InvalidParameterException", "The RecoveryWindowInDays value must be between 7 and 30 days (inclusive).")
    if force and find_secret(call) is None:
        name = str(call.get("SecretId"))
        arn = name if name.startswith("arn:") else f"arn:aws:secretsmanager:{call.region}:{call.account_id}:secret:{name}"
        return {"ARN": arn, "Name": name.rpartition(":")[2], "DeletionDate": datetime.now(UTC)}
    secret = changeable_secret(call, marked=True)
    if is_marked(secret) and not force:
        text = "You can't perform this operation on the secret because it was already scheduled for deletion."
        raise Refusal("InvalidRequestException", text)
    if secret.replicas:
        regions = ",".join(replica.region for replica in secret.replicas)
        text = f"You can't delete secret {secret.name} that still has replica regions [{regions}]"
        raise Refusal("InvalidRequestException", text)
    when = moment().timestamp() + (0 if force else int(days or WINDOWS[-1]) * DAY)
    secret.delete(when)
    if force:
        forget(call.backend, secret)
    return {"ARN": secret.arn, "Name": secret.name, "DeletionDate": _moment(when)}


@answers("secretsmanager", "RestoreSecret")
def restore(call: Call) -> dict[str, Any]:
    secret = changeable_secret(call, marked=True)
    secret.restore()
    return _named(secret, None)


@answers("secretsmanager", "TagResource")
def tag(call: Call) -> dict[str, Any]:
    secret = _taggable(call)
    merged = {one["Key"]: one for one in secret.tags or []} | {one["Key"]: one for one in _tags(call) or []}
    if sum(not key.startswith("aws:") for key in merged) > MOST_TAGS:
        raise Refusal("InvalidParameterException", f"A secret can have at most {MOST_TAGS} tags.")
    secret.tags = list(merged.values())
    return {}


@answers("secretsmanager", "UntagResource")
def untag(call: Call) -> dict[str, Any]:
    secret, gone = _taggable(call), call.get("TagKeys") or []
    secret.tags = [one for one in secret.tags or [] if one["Key"] not in gone or one["Key"].startswith("aws:")]
    return {}


def _taggable(call: Call) -> Any:
    """Tags can be changed on managed secrets too, but not on replicas and not on secrets marked for deletion."""
    secret = secret_of(call)
    refuse_replica(secret)
    if is_marked(secret):
        refuse_managed(secret)
        raise Refusal("InvalidRequestException", "You can't perform this operation on the secret because it was marked for deletion.")
    return secret


def _tags(call: Call) -> list[dict[str, str]] | None:
    given = [{"Key": one["Key"], "Value": one.get("Value", "")} for one in call.get("Tags") or []]
    if reserved := [one["Key"] for one in given if one["Key"].lower().startswith("aws:")]:
        raise Refusal("InvalidParameterException", f"Tag keys cannot start with 'aws:', which {reserved[0]} does.")
    if len(given) > MOST_TAGS:
        raise Refusal("InvalidParameterException", f"A secret can have at most {MOST_TAGS} tags.")
    return given or None


# --- lists ---

FILTERS = ("all", "description", "name", "owning-service", "primary-region", "tag-key", "tag-value")
SORTS: Mapping[str, Callable[[Any], Any]] = {
    "created-date": lambda secret: primary(secret).created_date or 0,
    "last-accessed-date": lambda secret: primary(secret).__dict__.get("rehearsal_read") or 0,
    "last-changed-date": lambda secret: primary(secret).last_changed_date or 0,
    "name": lambda secret: secret.name,
}


@answers("secretsmanager", "ListSecrets")
def list_secrets(call: Call) -> dict[str, Any]:
    """Without SortBy, by creation date, the newest first unless SortOrder says otherwise."""
    found = [one for one in matching(call) if call.get("IncludePlannedDeletion") or not is_marked(one)]
    found.sort(key=SORTS[call.get("SortBy") or "created-date"], reverse=(call.get("SortOrder") or "desc") == "desc")
    return page(call, "SecretList", [_listed(one) for one in found])


def _listed(secret: Any) -> dict[str, Any]:
    labels = {name: list(version["version_stages"]) for name, version in primary(secret).versions.items() if version["version_stages"]}
    return _described(secret) | ({"SecretVersionsToStages": labels} if labels else {})


def matching(call: Call) -> list[Any]:
    """The secrets that a call's filters select. Within a filter one value is enough; all filters must match."""
    from moto.secretsmanager.models import _matches

    filters = [{"Key": one["Key"], "Values": list(one.get("Values") or [])} for one in call.get("Filters") or []]
    for one in filters:
        if one["Key"] not in FILTERS:
            allowed = ", ".join(FILTERS)
            raise Refusal("ValidationException", f"The filter key {one['Key']} must be one of [{allowed}].")
    return [secret for secret in secrets_of(call.backend) if _matches(secret, filters)]


def _named(secret: Any, version_id: str | None) -> dict[str, Any]:
    return {"ARN": secret.arn, "Name": secret.name} | ({"VersionId": version_id} if version_id else {})


def _moment(seconds: float | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)
