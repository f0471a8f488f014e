# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The record of what was uploaded: one object beside the files, read and written as JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from .files import RESERVED

NAME = f"{RESERVED}/content.json"
FORMAT = 1


class Unreadable(Exception):
    """The object is not a record of ours."""


@dataclass(frozen=True)
class Form:
    """What is compared: the file's digest, and the headers and the key that the object was put with.

    S3's ETag is no digest of the content: it is not with KMS, and not after a multipart upload.
    """

    sha256: str
    size: int
    content_type: str
    cache_control: str
    kms_key_id: str = ""


@dataclass(frozen=True)
class Entry:
    """One object that was put.

    ``etag``: what S3 returned for it, which shows whether somebody else has replaced it since. ``modified``: its modification time as S3
    lists it; empty until it was listed. ``release``: number of the last release that has it. ``left``: when it was no longer part of the
    newest release, in seconds since the epoch; None while it is.
    """

    form: Form
    etag: str
    release: int
    modified: str = ""
    left: float | None = None


@dataclass(frozen=True)
class Record:
    """``release``: number of the newest release, 0 before the first. ``version``: what its user calls it. ``outdated``: names of objects
    that were replaced and not invalidated since. ``etag``: of the record itself; empty if there is none.
    """

    release: int = 0
    version: str = ""
    entries: Mapping[str, Entry] = field(default_factory=dict)
    outdated: tuple[str, ...] = ()
    etag: str = ""


def parsed(text: bytes, etag: str) -> Record:
    """Raises Unreadable."""
    try:
        read = json.loads(text)
        if read["format"] != FORMAT:
            raise Unreadable(f"it has format {read['format']!r}, and this version of the collection knows format {FORMAT}")
        entries = {name: _entry(one) for name, one in read["entries"].items()}
        return Record(int(read["release"]), str(read["version"]), entries, tuple(read["outdated"]), etag)
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise Unreadable("it is not what this module writes") from error


def _entry(one: Mapping[str, Any]) -> Entry:
    return Entry(Form(**one["form"]), str(one["etag"]), int(one["release"]), str(one["modified"]), one["left"])


def written(record: Record) -> bytes:
    entries = {name: asdict(one) for name, one in sorted(record.entries.items())}
    shown = {"format": FORMAT, "release": record.release, "version": record.version, "outdated": list(record.outdated), "entries": entries}
    return json.dumps(shown, separators=(",", ":"), ensure_ascii=False).encode()
