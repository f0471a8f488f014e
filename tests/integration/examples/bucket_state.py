# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Buckets in AWS, read through boto3 alone, and the checks of the rows about them in the requirements table."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Check = Callable[["BucketState"], None]


class BucketState:
    """An account's buckets in all regions."""

    def __init__(self, client: Callable[..., Any]) -> None:
        self.client = client
        self.found = {one["Name"]: client("s3", region=one["BucketRegion"]) for one in client("s3").list_buckets()["Buckets"]}

    def named(self, name: str) -> tuple[str, Any]:
        """A bucket, and a client of its region. ``name``: complete, or without the suffix of the account's namespace."""
        whole = next(one for one in self.found if one == name or (one.startswith(f"{name}-") and one.endswith("-an")))
        return whole, self.found[whole]

    def rules(self, name: str) -> list[dict[str, Any]]:
        bucket, s3 = self.named(name)
        found: list[dict[str, Any]] = s3.get_bucket_lifecycle_configuration(Bucket=bucket)["Rules"]
        return found


def private(*names: str) -> Check:
    """S1, S3, S10, S17: these buckets exist, encrypted, and no bucket of the account is public or takes requests without TLS."""

    def check(state: BucketState) -> None:
        for name in names:
            state.named(name)
        for bucket, s3 in state.found.items():
            assert set(s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"].values()) == {True}
            (rule,) = s3.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]["Rules"]
            assert rule["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"] in ("AES256", "aws:kms")
            assert "MainstayOnlyTls" in s3.get_bucket_policy(Bucket=bucket)["Policy"]

    return check


def versioned(*names: str) -> Check:
    """S7."""

    def check(state: BucketState) -> None:
        for name in names:
            bucket, s3 = state.named(name)
            assert s3.get_bucket_versioning(Bucket=bucket)["Status"] == "Enabled"

    return check


def archived(name: str, storage_class: str) -> Check:
    """S8: objects move to a cheaper class."""

    def check(state: BucketState) -> None:
        moves = [one["StorageClass"] for rule in state.rules(name) for one in rule.get("Transitions", ())]
        assert storage_class in moves

    return check


def copied(name: str, to: str, region: str) -> Check:
    """S9, B6: an object that is put into the bucket is in the other region."""

    def check(state: BucketState) -> None:
        (source, here), (target, there) = state.named(name), state.named(to)
        assert there.head_bucket(Bucket=target)["BucketRegion"] == region
        here.put_object(Bucket=source, Key="shown", Body=b"shown")
        assert there.get_object(Bucket=target, Key="shown")["Body"].read() == b"shown"

    return check
