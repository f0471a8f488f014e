# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The bucket: its record, its list, uploads and deletions. Every call names the account that the bucket must belong to."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

with contextlib.suppress(ImportError):  # AnsibleAWSModule reports missing libraries before anything here is called
    from botocore.exceptions import BotoCoreError

from ..aws.connection import Aws
from ..reconcile.errors import Ambiguous, CallFailed
from .files import LocalFile
from .plan import Listed, Put
from .record import NAME, Record, Unreadable, parsed, written

TRIES = 3
"""How often an upload is sent whose reply is lost. It may be sent again: the same object comes out."""
LARGE = 16 * 1024 * 1024
"""Bytes of a file from which on files are uploaded one at a time, because each is read into memory."""
AT_ONCE = 1000
"""How many objects one DeleteObjects takes."""

READS = {"s3": ("get_object", "list_objects_v2")}
CHANGES = {"s3": ("put_object", "delete_objects")}


@dataclass(frozen=True)
class Target:
    """``prefix``: empty, or a folder that ends with a slash. ``account_id``: of the bucket's owner."""

    bucket: str
    prefix: str
    account_id: str


class Store:
    def __init__(self, aws: Aws, target: Target) -> None:
        self._aws, self._target = aws, target
        self._one_large = threading.Lock()

    def read(self) -> tuple[Record, dict[str, Listed]]:
        """(the record, the list by name) as they are now. Raises CallFailed."""
        record, listing = self._aws.map(lambda question: question(), (self._record, self.listing))
        return record, listing  # type: ignore[return-value]

    def _record(self) -> Record:
        key = f"{self._target.prefix}{NAME}"
        try:
            reply = self._aws.read("s3", "get_object", Key=key, **self._bucket)
        except CallFailed as error:
            if error.code == "NoSuchKey":
                return Record()
            raise
        try:
            return parsed(_body(reply), str(reply["ETag"]))
        except Unreadable as error:
            hint = "Delete that object if nothing else needs it; then every file is uploaded again, and nothing is deleted."
            raise CallFailed(f"{key} in {self._target.bucket} cannot be used: {error}", "s3:GetObject", "Unreadable", hint) from error

    def listing(self) -> dict[str, Listed]:
        """What is below the prefix, by name, except the record. Raises CallFailed."""
        found: dict[str, Listed] = {}
        more: dict[str, Any] = {}
        while True:
            page = self._aws.read("s3", "list_objects_v2", Prefix=self._target.prefix, **self._bucket, **more)
            for one in page.get("Contents") or ():
                name = str(one["Key"]).removeprefix(self._target.prefix)
                found[name] = Listed(int(one["Size"]), str(one["ETag"]), one["LastModified"].isoformat())
            if not page["IsTruncated"]:
                found.pop(NAME, None)
                return found
            more = {"ContinuationToken": page["NextContinuationToken"]}

    def upload(
        self, puts: Sequence[Put], files: Mapping[str, LocalFile], proceed: Callable[[str], None]
    ) -> tuple[dict[str, str], list[Exception]]:
        """Upload several files in parallel. ``proceed`` is called with the name before each, and raises if the run is to stop.

        Returns the ETags of what was uploaded, by name, and what was raised for the others.
        """

        def upload(put: Put) -> str | Exception:
            try:
                proceed(put.name)
                return self._put_file(put, files[put.name])
            except Exception as error:  # noqa: BLE001 - whatever it is, what the others have uploaded is recorded before it is raised
                return error

        results = list(zip((put.name for put in puts), self._aws.map(upload, puts), strict=True))
        return {name: one for name, one in results if isinstance(one, str)}, [one for dummy, one in results if isinstance(one, Exception)]

    def _put_file(self, put: Put, file: LocalFile) -> str:
        if file.size < LARGE:
            return self._put_content(put, file)
        with self._one_large:
            return self._put_content(put, file)

    def _put_content(self, put: Put, file: LocalFile) -> str:
        content = _content(file)
        headers: dict[str, Any] = {"ContentType": put.form.content_type, "CacheControl": put.form.cache_control}
        if put.form.kms_key_id:
            headers |= {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": put.form.kms_key_id, "BucketKeyEnabled": True}
        digest = base64.b64encode(bytes.fromhex(file.sha256)).decode()
        return self._put(put.name, Body=content, ChecksumSHA256=digest, Metadata={"mainstay-sha256": file.sha256}, **headers)

    def write(self, record: Record) -> Record:
        """Write the record, unless another run has written one since this one was read. Raises CallFailed."""
        if_unchanged = {"IfMatch": record.etag} if record.etag else {"IfNoneMatch": "*"}
        content = written(record)
        try:
            etag = self._put(NAME, Body=content, ContentType="application/json", CacheControl="no-store", **if_unchanged)
        except CallFailed as error:
            if error.code not in ("PreconditionFailed", "ConditionalRequestConflict"):
                raise
            kept, live = self._record(), parsed(content, "")
            if written(kept) == content:  # the reply to an earlier attempt of ours was lost
                return kept
            raise CallFailed(
                f"another run has uploaded to {self._target.bucket} at the same time (release {kept.release}, this one {live.release})",
                "s3:PutObject",
                "Concurrent",
                "Run again once it has ended.",
            ) from error
        return replace(record, etag=etag)

    def _put(self, name: str, **params: Any) -> str:
        for left in reversed(range(TRIES)):
            try:
                return str(self._aws.change("s3", "put_object", Key=f"{self._target.prefix}{name}", **self._bucket, **params)["ETag"])
            except Ambiguous:
                if not left:
                    raise
        raise AssertionError("unreachable")

    def delete(self, names: Sequence[str]) -> None:
        """Delete objects. In a bucket with versions, their versions stay until its lifecycle removes them. Raises CallFailed."""
        for first in range(0, len(names), AT_ONCE):
            keys = [{"Key": f"{self._target.prefix}{name}"} for name in names[first : first + AT_ONCE]]
            reply = self._aws.change("s3", "delete_objects", Delete={"Objects": keys, "Quiet": True}, **self._bucket)
            for error in reply.get("Errors") or ():
                raise CallFailed(f"{error.get('Key')}: {error.get('Message')}", "s3:DeleteObjects", str(error.get("Code")))

    @property
    def _bucket(self) -> dict[str, Any]:
        return {"Bucket": self._target.bucket, "ExpectedBucketOwner": self._target.account_id}


def _content(file: LocalFile) -> bytes:
    """A build that still runs must not end up half uploaded: what is read is what was planned."""
    content = file.path.read_bytes()
    if hashlib.sha256(content).hexdigest() != file.sha256:
        hint = "Run again once nothing writes to the directory."
        raise CallFailed(f"{file.name} was changed while the directory was uploaded", "read the directory", "Changing", hint)
    return content


def _body(reply: Mapping[str, Any]) -> bytes:
    """The content of a reply that streams it."""
    try:
        return bytes(reply["Body"].read())
    except (BotoCoreError, OSError) as error:
        raise CallFailed(f"the content was not received completely: {error}", "s3:GetObject", type(error).__name__, "Run again.") from error
