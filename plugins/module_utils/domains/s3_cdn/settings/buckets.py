# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The settings of one component's buckets."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ....component.parts import Context
from ....inputs.problems import Problems, suggestion
from ....inputs.reader import Reader
from ....inputs.values import one_of
from .bucket_names import account_suffix, default_name, name_problem
from .buckets_access import Access, read_access
from .buckets_lifecycle import Lifecycle, read_lifecycle
from .buckets_replication import Replication, read_replication

KEY_ARN = re.compile(r"arn:[\w-]+:kms:(?P<region>[a-z0-9-]+):\d{12}:key/[\w-]+")
REGION = re.compile(r"[a-z]{2,4}(-[a-z]+)+-\d+")
LONGEST_NAME = 30
ENCRYPTIONS = ("aes256", "kms", "kms_dsse")
BLOCKED = ("SSE-C", "NONE")
OWNERSHIP = {"enforced": "BucketOwnerEnforced", "preferred": "BucketOwnerPreferred", "writer": "ObjectWriter"}
NAMESPACES = ("global", "account")
OBJECT_LOCK = (
    "this role does not lock objects: nothing could lift a lock in compliance mode, or remove such a bucket again. Create it elsewhere, "
    "with `aws s3api create-bucket --object-lock-enabled-for-bucket`"
)


@dataclass(frozen=True)
class Encryption:
    """``blocked``: the encryption types that writers may not choose; None keeps what the bucket has."""

    algorithm: str = "aes256"
    kms_key_arn: str = ""
    bucket_key: bool = True
    blocked: tuple[str, ...] | None = None

    @property
    def kms(self) -> bool:
        return self.algorithm != "aes256"

    @property
    def own_key(self) -> bool:
        """Whether the key is the component's."""
        return self.kms and not self.kms_key_arn


@dataclass(frozen=True)
class Bucket:
    """One bucket. ``aws_name``: without the suffix of an account's namespace, if ``namespace`` is account. ``region``: empty for the
    component's own.
    """

    name: str
    path: str
    aws_name: str
    namespace: str = "global"
    region: str = ""
    ownership: str = "enforced"
    versioning: bool = True
    encryption: Encryption = field(default_factory=Encryption)
    access: Access = field(default_factory=Access)
    lifecycle: Lifecycle = field(default_factory=Lifecycle)
    replication: Replication | None = None
    tags: Mapping[str, str] = field(default_factory=dict)

    def full_name(self, account_id: str, region: str) -> str:
        """The name in S3. ``region``: the component's own."""
        suffix = account_suffix(account_id, self.region or region) if self.namespace == "account" else ""
        return f"{self.aws_name}{suffix}"


Buckets = Mapping[str, Bucket]


def read_buckets(given: Any, path: str, context: Context, problems: Problems) -> dict[str, Bucket]:
    """The buckets in a user's mapping (purpose -> settings)."""
    reader = Reader(given, path, problems)
    found = {name: _bucket(name, one, context) for name, one in reader.named("the name of a bucket", LONGEST_NAME)}
    _check_names(found.values(), problems)
    for one in found.values():
        _check_logs(one, found, problems)
        _check_replication(one, found, problems)
    return found


def _bucket(name: str, reader: Reader, context: Context) -> Bucket:
    access = read_access(reader)
    versioning = reader.boolean("versioning", not access.logs_from)
    found = Bucket(
        name=name,
        path=reader.path,
        aws_name=reader.text("name", default_name(context.environment, context.component, name)),
        namespace=reader.choice("namespace", NAMESPACES, "global"),
        region=_region(reader, context.region),
        ownership=reader.choice("ownership", OWNERSHIP, "enforced"),
        versioning=versioning,
        encryption=_encryption(reader.section("encryption")),
        access=access,
        lifecycle=read_lifecycle(reader.section("lifecycle"), versioning),
        replication=read_replication(reader),
        tags=reader.tags("tags"),
    )
    if reader.take("object_lock"):
        reader.problems.add(reader.at("object_lock"), reader.given["object_lock"], OBJECT_LOCK)
    _check_name(found, context, reader)
    _check_key(found, context.region, reader)
    reader.finish()
    return found


def _check_name(one: Bucket, context: Context, reader: Reader) -> None:
    """A name in the account's namespace is checked with its suffix, of a region whose name is as long as any if it is not known."""
    whole = one.full_name(context.account_id or "1" * 12, context.region or "ap-northeast-1")
    if problem := name_problem(whole):
        reader.problems.add(reader.at("name"), whole, problem)


def _check_key(one: Bucket, region: str, reader: Reader) -> None:
    """S3 uses keys of the bucket's own region only (PutBucketEncryption), which that call does not check."""
    match, wanted = KEY_ARN.fullmatch(one.encryption.kms_key_arn), one.region or region
    if match and wanted and match["region"] != wanted:
        path = f"{reader.at('encryption')}.kms_key_arn"
        reader.problems.add(path, one.encryption.kms_key_arn, f"the bucket is in {wanted}, and S3 uses keys of its own region only")


def _region(reader: Reader, own: str) -> str:
    value = reader.take("region")
    if value is None or value == own:
        return ""
    if isinstance(value, str) and REGION.fullmatch(value):
        return value
    reader.problems.add(reader.at("region"), value, "it must be the name of a region, such as eu-west-1")
    return ""


def _encryption(reader: Reader) -> Encryption:
    blocked = reader.items("blocked_types", (), one_of(BLOCKED), f"it must be one of {', '.join(BLOCKED)}")
    found = Encryption(
        algorithm=reader.choice("algorithm", ENCRYPTIONS, "aes256"),
        kms_key_arn=reader.text("kms_key_arn", ""),
        bucket_key=reader.boolean("bucket_key", True),
        blocked=blocked or None,
    )
    problems = reader.problems
    if found.kms_key_arn and not found.kms:
        problems.add(reader.at("kms_key_arn"), found.kms_key_arn, "algorithm is aes256; set algorithm: kms, or remove the key")
    if found.kms_key_arn and not KEY_ARN.fullmatch(found.kms_key_arn):
        problems.add(reader.at("kms_key_arn"), found.kms_key_arn, "it must be the ARN of a KMS key (not of an alias)")
    if len(blocked) > 1:
        problems.add(reader.at("blocked_types"), list(blocked), "NONE means that nothing is blocked; list one of them")
    if found.algorithm == "kms_dsse" and reader.given.get("bucket_key"):
        problems.add(reader.at("bucket_key"), True, "S3 has no bucket keys for kms_dsse; remove it")
    reader.finish()
    return found


def _check_names(buckets: Iterable[Bucket], problems: Problems) -> None:
    seen: dict[str, Bucket] = {}
    for one in buckets:
        first = seen.setdefault(one.aws_name, one)
        if first is not one:
            problems.add(f"{one.path}.name", one.aws_name, f"{first.path} has the same name; give each bucket its own")


def senders(one: Bucket, buckets: Buckets) -> tuple[str, ...]:
    """What writes logs to a bucket: what its settings say, and S3 if another bucket names it."""
    named = any(other.access.access_logs and other.access.access_logs.bucket == one.name for other in buckets.values())
    implied = ("server_access",) if named and "server_access" not in one.access.logs_from else ()
    return (*one.access.logs_from, *implied)


def _check_logs(one: Bucket, buckets: Buckets, problems: Problems) -> None:
    if one.encryption.kms and (writing := senders(one, buckets)):
        problems.add(
            f"{one.path}.encryption.algorithm",
            one.encryption.algorithm,
            f"the bucket gets logs ({', '.join(writing)}), which do not arrive in a bucket with a KMS key: they would be lost. Use aes256",
        )
    logs = one.access.access_logs
    if not logs or not logs.bucket:
        return
    target = buckets.get(logs.bucket)
    if target is None:
        problems.add(f"{logs.path}.bucket", logs.bucket, f"it is not one of the buckets; {suggestion(logs.bucket, list(buckets))}")
    elif target is one:
        problems.add(f"{logs.path}.bucket", logs.bucket, "a bucket that logs to itself logs its own logs; name another one")
    elif target.region != one.region:
        problems.add(
            f"{logs.path}.bucket", logs.bucket, "it is in another region, and S3 delivers logs only within one; name one in the same region"
        )


def _check_replication(one: Bucket, buckets: Buckets, problems: Problems) -> None:
    replication = one.replication
    if replication is None or not replication.to:
        return
    path, target = f"{replication.path}.to", buckets.get(replication.to)
    if target is None:
        problems.add(path, replication.to, f"it is not one of the buckets; {suggestion(replication.to, list(buckets))}")
        return
    if target is one:
        problems.add(path, replication.to, "a bucket cannot replicate to itself; name another one")
    elif one.name in _copies_of(target, buckets):
        problems.add(path, replication.to, f"{target.path} is replicated back to {one.path}; replicate in one direction")
    if one.encryption.kms and not target.encryption.kms:
        wanted = "objects that are encrypted with KMS are replicated only to a bucket with a KMS key; set algorithm: kms there"
        problems.add(f"{target.path}.encryption.algorithm", target.encryption.algorithm, wanted)
    for bucket in (one, target):
        if not bucket.versioning:
            problems.add(
                f"{bucket.path}.versioning", False, f"replication ({replication.path}) needs versioning on both buckets; set it to true"
            )


def _copies_of(one: Bucket, buckets: Buckets) -> set[str]:
    """The names of the buckets that get this bucket's objects, directly or through others."""
    found: set[str] = set()
    current: Bucket | None = one
    while current is not None and current.replication and current.replication.to not in found:
        found.add(current.replication.to)
        current = buckets.get(current.replication.to)
    return found
