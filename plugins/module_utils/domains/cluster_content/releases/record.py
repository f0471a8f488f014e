# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Helm's records, parsed as untrusted input: anyone who may write Secrets in one namespace could have written them. Pure functions.

Helm keeps each revision of a release in a Secret: base64 of gzip of JSON with the chart, the given values, and the rendered manifest
(helm.sh/helm, pkg/storage/driver/util.go). So a plan needs neither Helm nor permission to change anything. But Helm acts on a record with
the permissions of its user. A record is therefore accepted only if its content matches the namespace and name of its Secret, and if Helm
cannot parse it differently than this module does.
"""

from __future__ import annotations

import base64
import contextlib
import json
import re
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

with contextlib.suppress(ImportError):  # the module reports missing libraries
    import yaml

from ....cluster_objects.manifest import NAME
from ....kubernetes.documents import load_all, merged_aliases
from .release import fingerprint

SECRET_NAME = re.compile(r"sh\.helm\.release\.v1\.(?P<name>.+)\.v(?P<revision>[1-9]\d{0,8})")
"""How Helm names its Secrets (pkg/storage/storage.go)."""

LARGEST = 16 * 2**20
"""Bytes of an unpacked record. A Secret holds at most 1 MiB, and chart text compresses to about a tenth."""

MOST_VALUES = 2_000_000
"""Commas and brackets in a record, which bound the memory that its values take."""

MOST_OBJECTS = 1000
MOST_NODES = 500_000
"""Objects in a manifest, and values in them after YAML aliases are expanded."""

MOST_MERGED = 12
"""YAML aliases in a manifest that has merge keys: nested merges multiply while they are parsed."""

DEEPEST = 100

LONGEST_WORD = 200
DELETE_EVENTS = ("pre-delete", "post-delete")
API_VERSION = re.compile(r"([a-z0-9]([-a-z0-9.]*[a-z0-9])?/)?v[a-z0-9]+")
KIND = re.compile(r"[A-Za-z][A-Za-z0-9]*")
SEPARATOR = re.compile(r"^---(?!\s*(#.*)?$)", re.MULTILINE)
"""A line that Kubernetes treats as the start of a document, and YAML as text."""

Manifest = dict[str, Any]


class Unreadable(ValueError):
    """A record that Helm cannot have written, or that Helm and this module could parse differently. The message says why."""


@dataclass(frozen=True, eq=False)
class Release:
    """Helm's record of one revision. ``hooks``: the objects that Helm creates when it uninstalls the release."""

    name: str
    namespace: str
    revision: int
    status: str
    chart: str
    version: str
    values: Mapping[str, Any] = field(repr=False)
    objects: Sequence[Manifest] = field(repr=False)
    hooks: Sequence[Manifest] = field(default=(), repr=False)
    fingerprint: str = ""
    changed: datetime | None = None
    secret: str = ""


def identity(secret: Mapping[str, Any]) -> tuple[str, str, int]:
    """Namespace, name and revision, from the Secret's own metadata. Raises Unreadable if it is not named as Helm names its Secrets."""
    metadata = secret["metadata"]
    match = SECRET_NAME.fullmatch(str(metadata.get("name")))
    if match is None:
        raise Unreadable("its name is not one that Helm gives")
    return str(metadata.get("namespace") or ""), match["name"], int(match["revision"])


def decode(secret: Mapping[str, Any]) -> Release:
    """A release from its Secret. Raises Unreadable."""
    namespace, name, revision = identity(secret)
    labels = secret["metadata"].get("labels") or {}
    try:
        content = _content(str(secret["data"]["release"]))
        _agree({"name": name, "namespace": namespace, "version": revision}, content)
        _agree({"name": name, "version": str(revision)}, labels)
        chart, info = content["chart"]["metadata"], content["info"]
        _unambiguous(content["chart"], ("metadata", "templates", "values"))
        _unambiguous(chart, ("name", "version"))
        _unambiguous(info, ("status", "last_deployed"))
        return Release(
            name=name,
            namespace=namespace,
            revision=revision,
            status=_word(info["status"]),
            chart=_word(chart["name"]),
            version=_word(chart["version"]),
            values=_mapping(content.get("config") or {}),
            objects=objects_of(content.get("manifest") or ""),
            hooks=tuple(_hooks(content.get("hooks") or ())),
            fingerprint=_written_fingerprint(content["chart"]),
            changed=_moment(info.get("last_deployed")),
            secret=str(secret["metadata"]["name"]),
        )
    except Unreadable:
        raise
    except RecursionError as error:
        raise Unreadable("it is nested too deeply") from error
    except (KeyError, TypeError, ValueError, AttributeError, OSError, EOFError, OverflowError, zlib.error) as error:
        raise Unreadable(f"its content is not what Helm writes ({type(error).__name__})") from error


def _content(text: str) -> dict[str, Any]:
    packed = base64.b64decode(base64.b64decode(text))
    unpacked = _unpacked(packed) if packed[:2] == b"\x1f\x8b" else packed
    if len(unpacked) > LARGEST:
        raise Unreadable(f"it unpacks to more than {LARGEST // 2**20} MiB")
    if sum(unpacked.count(sign) for sign in (b",", b"[", b"{")) > MOST_VALUES:
        raise Unreadable(f"it has more than {MOST_VALUES} values")
    content = dict(_mapping(json.loads(unpacked.decode("utf-8"), object_pairs_hook=_pairs)))
    if b"\\ud" in unpacked or b"\\uD" in unpacked:
        json.dumps(content, ensure_ascii=False).encode("utf-8")  # fails for a lone surrogate, which could not be printed
    _unambiguous(content, ("name", "namespace", "version", "info", "chart", "config", "manifest", "hooks"))
    return content


def _unpacked(packed: bytes) -> bytes:
    """One gzip member, with at most slightly more than the limit unpacked."""
    stream = zlib.decompressobj(wbits=16 + zlib.MAX_WBITS)
    found = stream.decompress(packed, LARGEST + 1)
    if len(found) <= LARGEST and (not stream.eof or stream.unused_data):
        raise Unreadable("its compressed content is cut off, or followed by more")
    return found


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """A JSON object. Parsers disagree about which of two values with the same name counts."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise Unreadable("it has a name twice")
    return found


def _unambiguous(content: Mapping[str, Any], names: Iterable[str]) -> None:
    """Refuse names that Go, which ignores case, would match to one of these."""
    if any(name not in names and name.casefold() in names for name in content):
        raise Unreadable("it has a name twice, in different letters")


def _agree(expected: Mapping[str, Any], found: Mapping[str, Any]) -> None:
    for what, value in expected.items():
        if found.get(what) != value or isinstance(found.get(what), bool):
            raise Unreadable(f"the {what} that it states is not that of its Secret")


def _word(value: Any) -> str:
    """A short one-line string, because it is printed."""
    if not isinstance(value, str) or len(value) > LONGEST_WORD or not value.isprintable():
        raise Unreadable("its status, chart or version is no short text")
    return value


def _mapping(value: Any) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise TypeError(value)
    return value


def _moment(text: Any) -> datetime | None:
    try:
        found = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return found if found.tzinfo else None


def _hooks(hooks: Sequence[Any]) -> Iterator[Manifest]:
    for hook in hooks:
        _unambiguous(hook, ("manifest", "events"))
        if any(event in DELETE_EVENTS for event in hook.get("events") or ()):
            yield from objects_of(hook.get("manifest") or "")


def objects_of(manifest: Any) -> list[Manifest]:
    """The objects in a rendered manifest, with lists expanded. Raises Unreadable unless each of them can be named and looked up."""
    if not isinstance(manifest, str):
        raise Unreadable("its manifest is no text")
    if SEPARATOR.search(manifest):
        raise Unreadable("its manifest has a line that begins with --- and contains text")
    try:
        if "<<" in manifest and merged_aliases(manifest) > MOST_MERGED:
            raise Unreadable(f"its manifest merges more than {MOST_MERGED} YAML aliases")
        documents = list(load_all(manifest))
    except Unreadable:
        raise
    except (yaml.YAMLError, ValueError) as error:
        raise Unreadable(f"its manifest is no YAML ({type(error).__name__})") from error
    _count_nodes(documents)
    found = [one for document in documents if document for one in _opened(document)]
    if len(found) > MOST_OBJECTS:
        raise Unreadable(f"its manifest has more than {MOST_OBJECTS} objects")
    for one in found:
        _nameable(one)
    return found


def _opened(document: Any) -> Iterator[Any]:
    """The objects of a list, expanded as Kubernetes clients expand lists of any kind."""
    items = next((value for key, value in document.items() if str(key).casefold() == "items"), None) if isinstance(document, dict) else None
    if not isinstance(items, list):
        yield document
        return
    for item in items:
        yield from _opened(item)


def _nameable(one: Any) -> None:
    metadata = one.get("metadata") if isinstance(one, dict) else None
    if not isinstance(metadata, dict):
        raise Unreadable("its manifest has a document that is no object")
    texts = ((one.get("apiVersion"), API_VERSION), (one.get("kind"), KIND), (metadata.get("name"), NAME))
    if not all(isinstance(text, str) and pattern.fullmatch(text) for text, pattern in texts):
        raise Unreadable("its manifest has an object without a valid apiVersion, kind and name")
    namespace = metadata.get("namespace") or ""
    if not isinstance(namespace, str) or (namespace and not NAME.fullmatch(namespace)):
        raise Unreadable("its manifest has an object without a valid namespace")


def _count_nodes(documents: Any) -> None:
    """Refuse values that grow without bounds when aliases are expanded. Shared parts are measured once, so counting is fast."""
    sizes: dict[int, int] = {}

    def size(value: Any, depth: int) -> int:
        if not isinstance(value, dict | list):
            return 1
        if depth > DEEPEST:
            raise Unreadable("its manifest is nested too deeply")
        if id(value) not in sizes:
            sizes[id(value)] = MOST_NODES  # a part that contains itself is infinite
            sizes[id(value)] = 1 + sum(size(one, depth + 1) for one in (value.values() if isinstance(value, dict) else value))
        return sizes[id(value)]

    if size(documents, 0) > MOST_NODES:
        raise Unreadable(f"its manifest has more than {MOST_NODES} values")


def newest(releases: Sequence[Release]) -> dict[tuple[str, str], Release]:
    """The current revision of each release, by namespace and name."""
    found: dict[tuple[str, str], Release] = {}
    for one in sorted(releases, key=lambda release: release.revision):
        found[one.namespace, one.name] = one
    return found


def _written_fingerprint(chart: Mapping[str, Any]) -> str:
    templates = {str(one["name"]): base64.b64decode(one.get("data") or "").decode(errors="replace") for one in chart.get("templates") or ()}
    return fingerprint(templates, chart.get("values"))
