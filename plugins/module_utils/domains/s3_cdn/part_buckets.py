# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The part of the domain that makes buckets."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from ...aws.connection import Aws
from ...aws.place import Place
from ...component.domain import Checked, Observation
from ...component.outputs import Attributes, split, value
from ...component.parts import Context, Described
from ...inputs.problems import Problems
from ...kinds.iam_role import IamRole
from ...reconcile.errors import CallFailed, Failure
from ...reconcile.model import Kind, Observed, Resource
from ...reconcile.planner import Plan
from .bucket_notes import account_note, replication_notes, staying_notes
from .bucket_policy import bucket_arn
from .kinds.bucket_content import is_empty
from .kinds.bucket_key import BucketKey
from .kinds.s3_bucket import Named, S3Bucket
from .lock_out import lock_outs
from .part import Granted, S3CdnPart
from .resources_buckets import build
from .settings.buckets import Bucket, read_buckets

ACCOUNT_BLOCK = "public access block of the account"
NAME_TAKEN, LOCKED = "BucketNameTaken", "ObjectLockEnabled"
BUCKET = {"name": "id", "arn": "arn", "domain_name": "domain_name", "region": "region"}
"""output -> attribute of s3_bucket."""


class Buckets(S3CdnPart):
    """Buckets, their keys, and the roles with which S3 replicates."""

    option = "buckets"

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.kind = S3Bucket()

    def read(self, given: Any, problems: Problems) -> Mapping[str, Any]:
        return read_buckets(given, self.option, self.context, problems)

    def kinds(self, described: Described) -> Sequence[Kind]:
        named = [Named(one.aws_name, one.namespace == "account", one.access.kept_statements) for one in self._own(described).values()]
        self.kind = S3Bucket(named, self.context.account_id)
        return (BucketKey(), IamRole(), self.kind)

    def regions(self, described: Described) -> Sequence[str]:
        return sorted({one.region for one in self._own(described).values() if one.region})

    def questions(self, described: Described) -> Mapping[str, Callable[[Aws], Any]]:
        return {ACCOUNT_BLOCK: self._account_block} if self._own(described) else {}

    def _account_block(self, aws: Aws) -> Mapping[str, Any]:
        """None of the settings is changed here: they belong to the account. Empty if nothing is set."""
        found = aws.find("s3control", "get_public_access_block", AccountId=self.kind.account(aws))
        return (found or {}).get("PublicAccessBlockConfiguration") or {}

    def problems(self, described: Described, observation: Observation) -> Sequence[str]:
        return [text for one in self._own(described).values() for text in self._locked_out(one, observation.place)]

    @staticmethod
    def _locked_out(one: Bucket, place: Place) -> Iterator[str]:
        arn = bucket_arn(place, one.full_name(place.account_id, place.region))
        return lock_outs(one.access.statements, f"{one.path}.policy_statements", arn, place.caller)

    def resources(self, described: Described, place: Place, granted: Granted) -> Sequence[Resource]:
        return build(self._own(described), place, granted)

    def notes(self, described: Described, observation: Observation) -> Sequence[str]:
        buckets = self._own(described)
        return [
            *account_note(observation.answers.get(ACCOUNT_BLOCK), bool(buckets)),
            *replication_notes(buckets, observation.observed),
            *staying_notes(observation.observed),
        ]

    def checks(self, _described: Described, plan: Plan, aws: Aws) -> Checked:
        """What an apply must not do, or what it would destroy: only deletions and new names are asked about."""
        leaving = [action.remove for action in plan.permitted if action.remove and action.remove.kind == "s3_bucket"]
        found = aws.map(lambda seen: self._content(aws, seen), leaving)
        warnings = [text for text, _refusal in found if text]
        return Checked(warnings=warnings, refusals=[*self._taken(plan), *(refusal for _text, refusal in found if refusal)])

    def _taken(self, plan: Plan) -> Iterator[Failure]:
        """New buckets whose names other accounts have, as the search for conflicts has found out."""
        for action in plan.permitted:
            name = action.desired.properties.get("bucket_name") if action.desired and action.kind == "s3_bucket" else None
            if action.makes and name in self.kind.taken:
                text = f"the name {name} is taken by a bucket of another account, or by one that these credentials may not look at"
                yield Failure(action.address, "", NAME_TAKEN, text, "Set another name, or namespace: account. Nothing was changed.")

    def _content(self, aws: Aws, seen: Observed) -> tuple[str, Failure | None]:
        """(what deleting a bucket destroys, why it must not be deleted)."""
        there = aws.in_region(seen.attributes["region"])
        where = self.kind.where(seen)
        if is_empty(there, where):
            return "", None
        if _locks(there, where):
            text = f"{seen.id} holds objects, and has object lock: locked versions cannot be deleted"
            return "", Failure(seen.address, "", LOCKED, text, "Wait until their retention ends, empty the bucket, and run again.")
        return f"{seen.address}: {seen.id} is not empty; all of its objects and their versions are deleted with it", None

    def outputs(self, _described: Described, attributes: Attributes) -> dict[str, Any]:
        """{"buckets": {name: {name, arn, domain_name, region}}, "key_arns": {region: ARN of the component's key}}."""
        names = sorted(split(address)[1] for address in attributes if split(address)[0] == "s3_bucket")
        keys = sorted(split(address)[1] for address in attributes if split(address)[0] == "bucket_key")
        return {
            "buckets": {
                name: {key: value(attributes, f"s3_bucket.{name}", attribute) for key, attribute in BUCKET.items()} for name in names
            },
            "key_arns": {
                self.context.region if name == "storage" else name: value(attributes, f"bucket_key.{name}", "arn") for name in keys
            },
        }

    def _own(self, described: Described) -> Mapping[str, Bucket]:
        return described.get(self.option) or {}


def _locks(aws: Aws, where: Mapping[str, str]) -> bool:
    try:
        found = aws.find("s3", "get_object_lock_configuration", **where)
    except CallFailed:
        return False  # the deletion itself then says what it is not allowed to do
    return bool(found and found.get("ObjectLockConfiguration", {}).get("ObjectLockEnabled") == "Enabled")
