# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Secrets in AWS Secrets Manager with generated passwords, which are never displayed.

A value exists in memory only for the call that stores it. It is not a property, so no plan, diff, output, or log contains it. Whatever
logs in with it reads it from Secrets Manager.
"""

from __future__ import annotations

import json
import secrets
import string
import uuid
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from ..aws.connection import Aws
from ..aws.marked import marked_arns
from ..aws.named_kind import NamedCalls, NamedKind, Tagging
from ..aws.owner import TAG_PREFIX
from ..aws.tags import tag_list
from ..reconcile.errors import AlreadyThere, CallFailed
from ..reconcile.model import Observed, fixed, given, initial, later

CURRENT, PENDING, PREVIOUS = "AWSCURRENT", "AWSPENDING", "AWSPREVIOUS"

ROTATION = f"{TAG_PREFIX}rotation"
"""The tag that keeps the marker of the rotation for which the value was generated."""

LENGTH = 40
ALPHABET = string.ascii_letters + string.digits
"""Accepted everywhere: in RDS's master passwords, in connection URLs, in shells."""

RECOVERY_DAYS = 30
"""How long a deleted secret can be restored: the longest period that Secrets Manager offers."""

NAME = "SecretId"
INVALID = "InvalidRequestException"
"""The code of Secrets Manager's refusals that depend on a secret's state."""


def generated(content: Mapping[str, Any]) -> str:
    """The value of a secret with a new password."""
    return json.dumps({**content, "password": "".join(secrets.choice(ALPHABET) for dummy in range(LENGTH))})


def text(value: str) -> str | None:
    """A description as it is compared: Secrets Manager does not distinguish an empty one from none."""
    return value or None


def version_for(arn: str, before: str, rotation: str) -> str:
    """The ID of the version with which a rotation replaces version ``before``: the same for each attempt, and another one for the next
    rotation, even if that has a marker that was used before.
    """
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"{arn} {before} {rotation}"))


def missing_version(arn: str, versions: Mapping[str, Sequence[str]], rotation: str) -> str | None:
    """The ID of the version that a rotation has yet to create; None if an earlier attempt created it.

    ``versions``: version ID -> staging labels. The version of an earlier attempt is still pending, or it is current and has replaced the
    previous one.
    """
    at = {label: version for version, labels in versions.items() for label in labels}
    current = at.get(CURRENT, "")
    version = version_for(arn, current, rotation)
    return None if version in versions or current == version_for(arn, at.get(PREVIOUS, ""), rotation) else version


def make_current(aws: Aws, arn: str, version: str, stages: Mapping[str, str]) -> None:
    """Make a version AWSCURRENT, after whatever uses the secret has taken it; the one before becomes AWSPREVIOUS.

    ``stages``: staging label -> version, as they are.
    """
    current, pending = stages.get(CURRENT, ""), stages.get(PENDING, "")
    if current != version:
        move = {"MoveToVersionId": version, "RemoveFromVersionId": current}
        aws.change("secretsmanager", "update_secret_version_stage", SecretId=arn, VersionStage=CURRENT, **move)
    if pending == version or current != version:
        aws.change("secretsmanager", "update_secret_version_stage", SecretId=arn, VersionStage=PENDING, RemoveFromVersionId=version)


class Secret(NamedKind):
    """``wanted``: the names of the described secrets; if one of them is scheduled for deletion, it is restored with its old value.

    Another ``rotation`` generates another value. It becomes AWSCURRENT at once, unless ``pending_first`` names the secret: then it becomes
    AWSPENDING, and whatever uses the secret sets the new password and then makes it current, as in Secrets Manager's own rotations.
    """

    name = "secret"
    calls = NamedCalls(
        service="secretsmanager",
        list="list_secrets",
        items="SecretList",
        create="create_secret",
        delete="delete_secret",
        name=NAME,
        id="Name",
        arn="ARN",
        token="ClientRequestToken",  # noqa: S106 (the name of a parameter)
    )
    tagging = Tagging(tag="tag_resource", untag="untag_resource", key=NAME)
    operations: tuple[str, ...] = (
        "describe_secret",
        "put_secret_value",
        "resourcegroupstaggingapi.get_resources",
        "restore_secret",
        "update_secret",
    )
    called = "secret_name"
    changing = {"version_id": ("rotation",), "newest_version_id": ("rotation",)}
    holds_data = True

    secret_name = fixed("Name")
    description = given(canonical=text)
    kms_key_id = given()
    content = initial()
    rotation = given()
    pending = initial()
    deletion_date = later()

    def __init__(self, wanted: Collection[str] = (), pending: Collection[str] = (), looks: bool = True) -> None:
        """``pending``: the names of those whose new values become AWSPENDING first. ``looks``: whether Secrets Manager is asked even if the
        tagging API knows no secret of the component's.
        """
        super().__init__()
        self.wanted = frozenset(wanted)
        self.pending_first = frozenset(pending)
        self.looks = looks

    # -- finding ---------------------------------------------------------------------------------------------------------------------

    def prefix(self, aws: Aws) -> str:
        """The prefix of the names of all secrets of this kind."""
        return aws.owner.path

    def listed(self, aws: Aws) -> list[dict[str, Any]]:
        """Those with the component's prefix. The list has everything, tags and versions included."""
        if not self.looks and not marked_arns(aws, "secretsmanager"):
            return []
        filters = [{"Key": "name", "Values": [self.prefix(aws)]}]
        found = aws.list_all("secretsmanager", "list_secrets", "SecretList", Filters=filters, IncludePlannedDeletion=True)
        entries = [{NAME: one["Name"], "VersionIdsToStages": one.get("SecretVersionsToStages"), **one} for one in found]
        return [one for one in entries if not one.get("DeletedDate") or one["Name"] in self.wanted]

    def described(self, aws: Aws, entries: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
        return [dict(one) for one in entries]

    def entries_at(self, aws: Aws, where: Mapping[str, str]) -> list[dict[str, Any]]:
        found = aws.find("secretsmanager", "describe_secret", SecretId=where[NAME])
        return [{NAME: found["Name"], **found}] if found else []

    def look_up_any_owner(self, aws: Aws, where: Mapping[str, str], address: str = "") -> Observed | None:
        return self.observe_any_owner(aws, self.entries_at(aws, where), address)

    def known(self, _aws: Aws, identifier: str) -> str:
        """Secrets Manager takes a name or an ARN."""
        return identifier

    def where(self, seen: Observed) -> dict[str, str]:
        return {NAME: str(seen.attributes.get("arn") or seen.id)}

    def is_gone(self, raw: Mapping[str, Any]) -> bool:
        """One that is scheduled for deletion still has its name; it counts only where it is wanted again."""
        return bool(raw.get("DeletedDate")) and raw["Name"] not in self.wanted

    def why_not_adoptable(self, _aws: Aws, raw: Mapping[str, Any]) -> str:
        service = raw.get("OwningService")
        return f"it belongs to {service}, which manages its value" if service else ""

    # -- properties ------------------------------------------------------------------------------------------------------------------

    def get_secret_name(self, raw: Mapping[str, Any]) -> str:
        return str(raw["Name"])

    def get_rotation(self, raw: Mapping[str, Any]) -> str:
        return self.tags_of(raw).get(ROTATION, "")

    def get_content(self, _raw: Mapping[str, Any]) -> None:
        return None

    def get_pending(self, _raw: Mapping[str, Any]) -> None:
        return None

    def get_deletion_date(self, raw: Mapping[str, Any]) -> str | None:
        moment = raw.get("DeletedDate")
        if moment is None:
            return None
        return str(moment.strftime("%Y-%m-%d")) if hasattr(moment, "strftime") else str(moment)

    def attributes(self, raw: Mapping[str, Any]) -> dict[str, Any]:
        versions = raw.get("VersionIdsToStages") or {}
        at = {stage: version for version, stages in versions.items() for stage in stages}
        current = at.get(CURRENT) or raw.get("VersionId")
        return {"arn": raw.get("ARN"), "version_id": current, "newest_version_id": at.get(PENDING) or current}

    # -- changing --------------------------------------------------------------------------------------------------------------------

    def create(self, aws: Aws, address: str, properties: Mapping[str, Any], token: str) -> Observed:
        """One call with the value and all tags. A repeated call generates another password, so it conflicts with the first one's result,
        which is then adopted.
        """
        rotation = str(properties.get("rotation") or "")
        tags = {**properties.get("tags", {}), **aws.owner.tags(address), **({ROTATION: rotation} if rotation else {})}
        request = {
            "Name": properties["secret_name"],
            "ClientRequestToken": token,
            "SecretString": generated(properties.get("content") or {}),
            "Tags": tag_list(tags),
            **({"Description": properties["description"]} if properties.get("description") else {}),
            **({"KmsKeyId": properties["kms_key_id"]} if properties.get("kms_key_id") else {}),
        }
        try:
            reply = aws.change("secretsmanager", "create_secret", **request)
        except CallFailed as error:
            raise _name_taken(error, str(properties["secret_name"])) from error
        made = self.made(aws, {NAME: reply["Name"], **reply, "Tags": tag_list(tags)}, address)
        return made.changed({name: value for name, value in properties.items() if self.properties[name].compared and value is not None})

    def update(self, aws: Aws, seen: Observed, properties: Mapping[str, Any]) -> None:
        """Restoring comes first, because nothing else can be changed before."""
        if "deletion_date" in properties and seen.properties.get("deletion_date"):
            aws.change("secretsmanager", "restore_secret", **self.where(seen))
        changed = {name: properties[name] or "" for name in ("description", "kms_key_id") if name in properties}
        if changed:
            sent = {self.api_name(name): value for name, value in changed.items()}
            aws.change("secretsmanager", "update_secret", **self.where(seen), **sent)
        if "tags" in properties:
            self.set_tags(aws, seen, properties["tags"])
        if "rotation" in properties:
            self.rotate(aws, seen, str(properties["rotation"] or ""))

    def rotate(self, aws: Aws, seen: Observed, rotation: str) -> None:
        """Store another value, then the marker. The next run completes an interrupted rotation without a second new value."""
        where = self.where(seen)
        current = aws.read("secretsmanager", "describe_secret", **where)
        version = missing_version(current["ARN"], current.get("VersionIdsToStages") or {}, rotation)
        if version:
            stage = PENDING if seen.id in self.pending_first else CURRENT
            content = self._content(aws, where)
            sent = {"ClientRequestToken": version, "SecretString": generated(content), "VersionStages": [stage]}
            aws.change("secretsmanager", "put_secret_value", **where, **sent)
        aws.change("secretsmanager", self.tagging.tag, **where, Tags=tag_list({ROTATION: rotation}))

    @staticmethod
    def _content(aws: Aws, where: Mapping[str, str]) -> dict[str, Any]:
        """What the current value contains besides the password. Errors do not quote the value."""
        try:
            value = json.loads(aws.read("secretsmanager", "get_secret_value", **where).get("SecretString") or "")
        except ValueError:
            value = None
        if not isinstance(value, dict):
            name = where[NAME]
            message = f"the current value of {name} is not a JSON object, so what it must contain besides the password is unknown"
            form = """'{"username": "..."}'"""
            hint = f"Store one, without a password: aws secretsmanager put-secret-value --secret-id {name} --secret-string {form}"
            raise CallFailed(message, hint=hint)
        return {name: item for name, item in value.items() if name != "password"}

    def delete(self, aws: Aws, seen: Observed) -> None:
        """Schedule the deletion. Secrets Manager refuses to schedule it twice, as after a lost reply."""
        try:
            aws.remove("secretsmanager", "delete_secret", **self.where(seen), RecoveryWindowInDays=RECOVERY_DAYS)
        except CallFailed as error:
            if error.code != INVALID or not all(raw.get("DeletedDate") for raw in self.entries_at(aws, self.where(seen))):
                raise


def _name_taken(error: CallFailed, name: str) -> CallFailed:
    """The error for a name that a deleted secret still has: Secrets Manager calls it an invalid request."""
    if error.code != INVALID or "scheduled for deletion" not in error.message:
        return error
    purge = f"aws secretsmanager delete-secret --secret-id {name} --force-delete-without-recovery"
    return AlreadyThere(error.message, error.operation, error.code, f"Restore it and adopt it, or delete it permanently: {purge}")
