# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""S3 buckets. What the create call cannot carry is set afterwards, each configuration by its own call.

Every call names the expected owner: a bucket whose name somebody else has taken meanwhile is neither read nor changed. Nothing here may use
the tagging calls of S3 itself: they replace all tags, and are refused where attribute-based access control is on (PutBucketAbac).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ....aws.canonical import policy
from ....aws.connection import Aws
from ....aws.marked import marked_arns
from ....aws.named_kind import NamedCalls, NamedKind, Read, Tagging
from ....aws.tags import tag_changes, tag_list
from ....reconcile.errors import AlreadyThere, CallFailed, NotYet
from ....reconcile.model import Observed, fixed, given, later
from . import bucket_forms as forms
from .bucket_content import empty

FIRST_REGION = "us-east-1"
"""The region that a location constraint must not name (CreateBucket)."""
ABSENT = ("404", "NoSuchBucket")
TAKEN = ("403", "AccessDenied", "301", "400", "PermanentRedirect")
"""How S3 answers for a bucket of another account, and for one in a region that it does not name (HeadBucket)."""
BLOCKS = {
    "block_public_acls": "BlockPublicAcls",
    "ignore_public_acls": "IgnorePublicAcls",
    "block_public_policy": "BlockPublicPolicy",
    "restrict_public_buckets": "RestrictPublicBuckets",
}
DEFAULTS: Mapping[str, Any] = {
    "PublicAccessBlockConfiguration": dict.fromkeys(BLOCKS.values(), True),
    "ServerSideEncryptionConfiguration": forms.encryption_sent({"algorithm": "AES256", "blocked": forms.NEW_BLOCKED}),
}
"""What new buckets have (Amazon S3 User Guide, "Default settings for new S3 buckets"). The look back at the end of a run would find out."""
NOT_READY = "InvalidTargetBucketForLogging"
"""How S3 refuses a target of logs whose own configuration the same run is still setting."""


@dataclass(frozen=True)
class Named:
    """A described bucket: its name, or the beginning of it if the rest is the suffix of the account's namespace."""

    name: str
    suffixed: bool = False
    kept: tuple[str, ...] = ()

    def matches(self, name: str, suffix: str) -> bool:
        return name == (f"{self.name}{suffix}" if self.suffixed else self.name)


class S3Bucket(NamedKind):
    """Replication waits until its target has versioning: it refers to ``versioned_arn``, which is the ARN.

    ``described``: the described buckets. ``account_id``: the expected account; asked for if it is not known."""

    name = "s3_bucket"
    calls = NamedCalls(
        service="s3",
        list="list_buckets",
        items="Buckets",
        create="create_bucket",
        delete="delete_bucket",
        name="Bucket",
        id="Bucket",
        arn="Arn",
    )
    tagging = Tagging(tag="s3control.tag_resource", untag="s3control.untag_resource", key="ResourceArn", of="arn", create_tags="TagSet")
    reads = (
        Read("get_bucket_versioning"),
        Read("get_bucket_tagging", optional=True),
        Read("get_bucket_ownership_controls", optional=True),
        Read("get_public_access_block", optional=True),
        Read("get_bucket_encryption", optional=True),
        Read("get_bucket_policy", optional=True),
        Read("get_bucket_lifecycle_configuration", optional=True),
        Read("get_bucket_cors", optional=True),
        Read("get_bucket_logging", optional=True),
        Read("get_bucket_replication", optional=True),
    )
    operations = (
        "delete_bucket_cors",
        "delete_bucket_lifecycle",
        "delete_bucket_policy",
        "delete_bucket_replication",
        "head_bucket",
        "list_object_versions",
        "put_bucket_cors",
        "put_bucket_encryption",
        "put_bucket_lifecycle_configuration",
        "put_bucket_logging",
        "put_bucket_ownership_controls",
        "put_bucket_policy",
        "put_bucket_replication",
        "put_bucket_versioning",
        "put_public_access_block",
        "resourcegroupstaggingapi.get_resources",
        "sts.get_caller_identity",
    )
    called = "bucket_name"
    exclusive = True
    holds_data = True
    elsewhere = True
    timeouts = {"delete": 24 * 3600.0}
    changing = {"versioned_arn": ("versioning",)}

    bucket_name = fixed()
    ownership = given()
    public_access_block = later()
    versioning = later()
    encryption = later(canonical=forms.encryption, effective=forms.effective_encryption)
    policy = later(canonical=policy, document=True)
    lifecycle = later(canonical=forms.lifecycle, effective=forms.effective_lifecycle)
    cors = later(canonical=forms.cors)
    access_logs = later()
    replication = later(canonical=forms.replication)

    def __init__(self, described: Collection[Named] = (), account_id: str = "") -> None:
        super().__init__()
        self.described_buckets = tuple(described)
        self.account_id = account_id
        self.taken: set[str] = set()
        """The names that other accounts have, as ``holder`` found out."""

    # -- finding ---------------------------------------------------------------------------------------------------------------------

    def account(self, aws: Aws) -> str:
        self.account_id = self.account_id or str(aws.read("sts", "get_caller_identity")["Account"])
        return self.account_id

    def entry(self, aws: Aws, name: str) -> dict[str, Any]:
        return {"Bucket": name, "ExpectedBucketOwner": self.account(aws), "Region": aws.region}

    def listed(self, aws: Aws) -> list[dict[str, Any]]:
        """Those in this region that can be ours by their name or their tags: reading all would take ten calls for each in the account."""
        looks: list[Callable[[Aws], Any]] = [self._names, lambda there: marked_arns(there, "s3"), self.account]
        every, tagged, account = aws.map(lambda look: look(aws), looks)
        ours = {arn.rpartition(":")[2] for arn in tagged}
        return [self.entry(aws, name) for name in every if name in ours or self._may_be_ours(aws, name, account)]

    @staticmethod
    def _names(aws: Aws) -> list[str]:
        return [str(one["Name"]) for one in aws.list_all("s3", "list_buckets", "Buckets", BucketRegion=aws.region)]

    def _may_be_ours(self, aws: Aws, name: str, account: str) -> bool:
        prefix = f"{aws.owner.environment}-{aws.owner.component}-".replace("_", "-")
        return name.startswith(prefix) or any(one.matches(name, f"-{account}-{aws.region}-an") for one in self.described_buckets)

    def entries_at(self, aws: Aws, where: Mapping[str, str]) -> list[dict[str, Any]]:
        """One in another region is none here: calls that are redirected there would show it twice."""
        region = self._region(aws, where["Bucket"])
        return [self.entry(aws, where["Bucket"])] if region == aws.region else []

    def _region(self, aws: Aws, name: str) -> str:
        """The region of a bucket of this account; empty if there is none. Notes the names that other accounts have."""
        try:
            found = aws.read("s3", "head_bucket", Bucket=name, ExpectedBucketOwner=self.account(aws))
        except CallFailed as error:
            if error.code in TAKEN:
                self.taken.add(name)
            elif error.code not in ABSENT:
                raise
            return ""
        return str(found.get("BucketRegion") or FIRST_REGION)

    def holder(self, aws: Aws, properties: Mapping[str, Any]) -> Observed | None:
        """Names are unique in all regions, and all accounts."""
        name = properties.get("bucket_name") or ""
        region = self._region(aws, name) if name else ""
        if not region:
            return None
        there = aws.in_region(region)
        return self.observe_any_owner(there, self.described(there, [self.entry(there, name)]))

    def look_up_any_owner(self, aws: Aws, where: Mapping[str, str], address: str = "") -> Observed | None:
        return self.observe_any_owner(aws, self.described(aws, self.entries_at(aws, where)), address)

    def at(self, entry: Mapping[str, Any]) -> dict[str, str]:
        return {name: entry[name] for name in ("Bucket", "ExpectedBucketOwner")}

    def where(self, seen: Observed) -> dict[str, str]:
        return {"Bucket": seen.id, "ExpectedBucketOwner": seen.attributes["account_id"]}

    def read(self, aws: Aws, seen: Observed) -> Observed | None:
        found = self.observe_all(aws, self.described(aws, [self.entry(aws, seen.id)]))
        return found[0] if found else None

    # -- properties ------------------------------------------------------------------------------------------------------------------

    def attributes(self, raw: Mapping[str, Any]) -> dict[str, Any]:
        name, region = raw["Bucket"], raw["Region"]
        partition = "aws-cn" if region.startswith("cn-") else "aws-us-gov" if region.startswith("us-gov-") else "aws"
        staying = forms.kept(self._document(raw) or {}, self._kept(name))
        return {
            "arn": f"arn:{partition}:s3:::{name}",
            "versioned_arn": f"arn:{partition}:s3:::{name}",
            "account_id": raw["ExpectedBucketOwner"],
            "region": region,
            "domain_name": f"{name}.s3.{region}.amazonaws.com{'.cn' if partition == 'aws-cn' else ''}",
            **({"kept_statements": [str(one["Sid"]) for one in staying]} if staying else {}),
        }

    def get_bucket_name(self, raw: Mapping[str, Any]) -> str:
        return str(raw["Bucket"])

    def get_ownership(self, raw: Mapping[str, Any]) -> str | None:
        rules = (raw.get("OwnershipControls") or {}).get("Rules") or [{}]
        return rules[0].get("ObjectOwnership")

    def get_public_access_block(self, raw: Mapping[str, Any]) -> dict[str, bool]:
        found = raw.get("PublicAccessBlockConfiguration") or {}
        return {name: bool(found.get(member)) for name, member in BLOCKS.items()}

    def get_versioning(self, raw: Mapping[str, Any]) -> bool:
        return bool(raw.get("Status") == "Enabled")

    def get_encryption(self, raw: Mapping[str, Any]) -> dict[str, Any] | None:
        return forms.encryption_read(raw)

    def get_policy(self, raw: Mapping[str, Any]) -> Any:
        """Without the statements of others that stay."""
        document = self._document(raw)
        return forms.without_kept(document, self._kept(raw["Bucket"])) if document else None

    @staticmethod
    def _document(raw: Mapping[str, Any]) -> dict[str, Any] | None:
        found: dict[str, Any] | None = json.loads(raw["Policy"]) if raw.get("Policy") else None
        return found

    def _kept(self, name: str) -> Sequence[str]:
        found = next(
            (one for one in self.described_buckets if name == one.name or (one.suffixed and name.startswith(f"{one.name}-"))), None
        )
        return found.kept if found else ()

    def get_lifecycle(self, raw: Mapping[str, Any]) -> dict[str, Any] | None:
        return forms.lifecycle_read(raw)

    def get_cors(self, raw: Mapping[str, Any]) -> Any:
        return raw.get("CORSRules") or None

    def get_access_logs(self, raw: Mapping[str, Any]) -> dict[str, str] | None:
        found = raw.get("LoggingEnabled")
        return {"bucket": found.get("TargetBucket", ""), "prefix": found.get("TargetPrefix", "")} if found else None

    def get_replication(self, raw: Mapping[str, Any]) -> dict[str, Any] | None:
        return forms.replication_read(raw)

    def fresh(self, _seen: Observed) -> Mapping[str, Any]:
        return {
            "public_access_block": self.get_public_access_block(DEFAULTS),
            "versioning": False,
            "encryption": self.get_encryption(DEFAULTS),
        }

    # -- changing --------------------------------------------------------------------------------------------------------------------

    def create(self, aws: Aws, address: str, properties: Mapping[str, Any], token: str) -> Observed:
        """One call, with the tags and the ownership. Its reply describes nothing, so what it made reads as it was sent.

        In us-east-1, the call succeeds for any bucket that the account has already (CreateBucket), so the name is looked up first.
        """
        if aws.region == FIRST_REGION and self._region(aws, properties["bucket_name"]):
            raise AlreadyThere(f"the account has a bucket {properties['bucket_name']}", "s3:CreateBucket", "BucketAlreadyOwnedByYou")
        name, entry = properties["bucket_name"], self.entry(aws, properties["bucket_name"])
        tags = tag_list({**properties.get("tags", {}), **aws.owner.tags(address)})
        place = {} if aws.region == FIRST_REGION else {"LocationConstraint": aws.region}
        own = name.endswith(f"-{self.account(aws)}-{aws.region}-an")
        aws.change(
            "s3",
            "create_bucket",
            Bucket=name,
            ObjectOwnership=properties["ownership"],
            CreateBucketConfiguration={**place, "Tags": tags},
            **({"BucketNamespace": "account-regional"} if own else {}),
        )
        owned = {"OwnershipControls": {"Rules": [{"ObjectOwnership": properties["ownership"]}]}}
        return self.made(aws, {**entry, **owned, **DEFAULTS, "TagSet": tags}, address)

    def update(self, aws: Aws, seen: Observed, properties: Mapping[str, Any]) -> None:
        """In the order of declaration: replication needs versioning, and a policy the block of public access. Replication ends before
        versioning does, which S3 would refuse otherwise.
        """
        ending = {"replication": None} if "replication" in properties and not properties["replication"] else {}
        ordered = [name for name in self.properties if name in properties and name not in ending]
        super().update(aws, seen, {**ending, **{name: properties[name] for name in ordered}})

    def set_tags(self, aws: Aws, seen: Observed, value: Mapping[str, str]) -> None:
        changed, dropped = tag_changes(seen.properties.get("tags", {}), value)
        if changed:
            self._tag(aws, seen, changed)
        if dropped:
            aws.change("s3control", "untag_resource", **self._tagged(seen), TagKeys=dropped)

    def claim(self, aws: Aws, seen: Observed, address: str) -> None:
        self._tag(aws, seen, aws.owner.tags(address))

    def _tag(self, aws: Aws, seen: Observed, tags: Mapping[str, str]) -> None:
        aws.change("s3control", "tag_resource", **self._tagged(seen), Tags=tag_list(tags))

    @staticmethod
    def _tagged(seen: Observed) -> dict[str, str]:
        return {"AccountId": seen.attributes["account_id"], "ResourceArn": seen.attributes["arn"]}

    def set_ownership(self, aws: Aws, seen: Observed, value: str) -> None:
        aws.change("s3", "put_bucket_ownership_controls", **self.where(seen), OwnershipControls={"Rules": [{"ObjectOwnership": value}]})

    def set_public_access_block(self, aws: Aws, seen: Observed, value: Mapping[str, bool]) -> None:
        found = {member: value[name] for name, member in BLOCKS.items()}
        aws.change("s3", "put_public_access_block", **self.where(seen), PublicAccessBlockConfiguration=found)

    def set_versioning(self, aws: Aws, seen: Observed, value: bool) -> None:
        """Versioning that was on can only be suspended; the versions stay."""
        aws.change(
            "s3", "put_bucket_versioning", **self.where(seen), VersioningConfiguration={"Status": "Enabled" if value else "Suspended"}
        )

    def set_encryption(self, aws: Aws, seen: Observed, value: Mapping[str, Any]) -> None:
        aws.change("s3", "put_bucket_encryption", **self.where(seen), ServerSideEncryptionConfiguration=forms.encryption_sent(value))

    def set_policy(self, aws: Aws, seen: Observed, value: Mapping[str, Any] | None) -> None:
        """With the statements of others that stay, as they are now: they may have been added a moment ago."""
        live = self._document(aws.find("s3", "get_bucket_policy", **self.where(seen)) or {}) or {}
        staying = forms.kept(live, self._kept(seen.id))
        found = [*forms.statements(value or {}), *staying]
        if found:
            document = {"Version": "2012-10-17", **(value or {}), "Statement": found}
            aws.change("s3", "put_bucket_policy", **self.where(seen), Policy=json.dumps(document))
        else:
            aws.remove("s3", "delete_bucket_policy", **self.where(seen))

    def set_lifecycle(self, aws: Aws, seen: Observed, value: Mapping[str, Any] | None) -> None:
        if not value or not value.get("rules"):
            aws.remove("s3", "delete_bucket_lifecycle", **self.where(seen))
            return
        size = {"TransitionDefaultMinimumObjectSize": value["minimum_size"]} if value.get("minimum_size") else {}
        rules = {"Rules": list(value["rules"])}
        aws.change("s3", "put_bucket_lifecycle_configuration", **self.where(seen), LifecycleConfiguration=rules, **size)

    def set_cors(self, aws: Aws, seen: Observed, value: Sequence[Mapping[str, Any]] | None) -> None:
        if value:
            aws.change("s3", "put_bucket_cors", **self.where(seen), CORSConfiguration={"CORSRules": list(value)})
        else:
            aws.remove("s3", "delete_bucket_cors", **self.where(seen))

    def set_access_logs(self, aws: Aws, seen: Observed, value: Mapping[str, str] | None) -> None:
        target = {"TargetBucket": value["bucket"], "TargetPrefix": value.get("prefix", "")} if value and value.get("bucket") else None
        status = {"LoggingEnabled": target} if target else {}
        try:
            aws.change("s3", "put_bucket_logging", **self.where(seen), BucketLoggingStatus=status)
        except CallFailed as error:
            if error.code != NOT_READY:
                raise
            raise NotYet(error.message, error.operation, error.code, error.hint, dependency=True) from error

    def set_replication(self, aws: Aws, seen: Observed, value: Mapping[str, Any] | None) -> None:
        if not value or not value.get("rules"):
            aws.remove("s3", "delete_bucket_replication", **self.where(seen))
            return
        found = {"Role": value["role"], "Rules": list(value["rules"])}
        aws.change("s3", "put_bucket_replication", **self.where(seen), ReplicationConfiguration=found)

    def delete(self, aws: Aws, seen: Observed) -> None:
        """With its content: the consent to delete names the kind, since it holds data."""
        empty(aws, self.where(seen))
        try:
            aws.remove("s3", "delete_bucket", **self.where(seen))
        except CallFailed as error:
            if error.code != "BucketNotEmpty":
                raise
            raise NotYet("objects were written while the bucket was emptied", error.operation, error.code, dependency=True) from error
