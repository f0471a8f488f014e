# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What a group's nodes run and set when they start: the user's part, in the formats that EKS merges with its own part. Pure functions.

Amazon Linux: parts of a MIME multi-part document. nodeadm merges those that are a NodeConfig, and cloud-init runs the others before the
kubelet starts. Bottlerocket: settings in TOML, which override those of EKS. Source: docs.aws.amazon.com/eks/latest/userguide, Customize
managed nodes with launch templates.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from email import message_from_string
from typing import Any

from ....inputs.problems import Problems
from ....inputs.reader import Reader
from .bottlerocket import read_settings, with_max_pods, written
from .node_config import API, KIND, NODE_CONFIG, as_node_config, mistakes_in

MOST_BYTES = 12288
"""EC2 accepts 16384 bytes, and EKS adds the address and the certificate of the cluster, and the labels."""

LEAST_PODS, MOST_PODS = 4, 250
"""A node's own pods, and the most that EKS allows on the largest instances."""

SCRIPT = "text/x-shellscript"
BEGINNINGS = {"#!": SCRIPT, "#cloud-config": "text/cloud-config", "#cloud-boothook": "text/cloud-boothook"}
"""How the text of a part begins -> its content type."""

MIME = ("mime-version:", "content-type: multipart/")
STARTS_KUBELET = {"/etc/eks/bootstrap.sh": "AL2023 has no such script", "nodeadm init": "EKS runs nodeadm itself"}
"""Commands that must not be in a script, and why."""

PARTS = (
    "it must be a script that begins with #!, a text that begins with #cloud-config or #cloud-boothook, a MIME multi-part document of "
    f"these, a {KIND}, or a list of these"
)


@dataclass(frozen=True)
class Part:
    """One part of a MIME document, such as a script."""

    content_type: str
    content: str


@dataclass(frozen=True)
class UserData:
    """What the user gives: parts for Amazon Linux, or settings for Bottlerocket."""

    parts: tuple[Part, ...] = ()
    settings: Mapping[str, Any] = field(default_factory=dict)


NONE = UserData()


def read_user_data(reader: Reader, bottlerocket: bool) -> UserData:
    """``user_data`` of a node group, for its image."""
    value, path = reader.take("user_data"), reader.at("user_data")
    if value is None:
        return NONE
    if bottlerocket:
        found = UserData(settings=read_settings(value, path, reader.problems))
    else:
        found = UserData(parts=tuple(_parts(value, path, reader.problems)))
    size = len(rendered(found, None, bottlerocket).encode())
    if size > MOST_BYTES:
        remedy = f"it has {size} bytes, and {MOST_BYTES} fit beside what EKS adds; download the rest in a script, or put it into an image"
        reader.problems.messages.append(f"{path}: {remedy}")
    return found


def read_max_pods(reader: Reader) -> int | None:
    """``max_pods`` of a node group. Whether its instances have that many addresses is known later: see ``judge.of_pods``."""
    return reader.integer("max_pods", 0, LEAST_PODS, MOST_PODS) or None


def _parts(value: Any, path: str, problems: Problems) -> Iterator[Part]:
    if not isinstance(value, list | tuple):
        yield from _of_item(value, path, problems)
        return
    for position, item in enumerate(value):
        yield from _of_item(item, f"{path}[{position}]", problems)


def _of_item(value: Any, path: str, problems: Problems) -> Iterator[Part]:
    """The parts that one entry consists of: several if it is a MIME document."""
    text = value.replace("\r\n", "\n").lstrip("\n") if isinstance(value, str) else ""
    if text.lower().startswith(MIME):
        for position, part in enumerate(message_from_string(text).walk()):
            if not part.is_multipart():
                content = (part.get_payload(decode=True) or b"").decode("utf-8", "replace")  # type: ignore[union-attr]
                yield from _part(part.get_content_type(), content, f"{path} (part {position})", problems)
        return
    found = next((kind for beginning, kind in BEGINNINGS.items() if text.startswith(beginning)), NODE_CONFIG)
    yield from _part(found, value if found == NODE_CONFIG else text, path, problems)


def _part(content_type: str, content: Any, path: str, problems: Problems) -> Iterator[Part]:
    if content_type == NODE_CONFIG:
        document = as_node_config(content)
        if document is None:
            problems.add(path, content, PARTS)
            return
        for where, value, remedy in mistakes_in(document):
            problems.add(f"{path}.{where}", value, remedy)
        yield Part(NODE_CONFIG, json.dumps(document, indent=2, sort_keys=True))
    elif content_type not in BEGINNINGS.values():
        problems.add(path, content_type, f"a part must be one of {', '.join(sorted({*BEGINNINGS.values(), NODE_CONFIG}))}")
    else:
        for command, why in STARTS_KUBELET.items():
            if command in content:
                problems.add(path, command, f"{why}, and EKS starts the kubelet; configure it with a {KIND}, labels, taints and max_pods")
        yield Part(content_type, content)


def rendered(given: UserData, max_pods: int | None, bottlerocket: bool) -> str:
    """User data as EKS takes it, before the encoding; empty if there is none."""
    if bottlerocket:
        return written(with_max_pods(given.settings, max_pods))
    parts = list(given.parts)
    if max_pods:
        config = {"apiVersion": API, "kind": KIND, "spec": {"kubelet": {"config": {"maxPods": max_pods}}}}
        parts.append(Part(NODE_CONFIG, json.dumps(config, indent=2, sort_keys=True)))
    return _multipart(parts) if parts else ""


def _multipart(parts: list[Part]) -> str:
    """The same parts always give the same text, so that it is no drift; the boundary occurs in none of them."""
    digest = hashlib.sha256("\0".join(part.content for part in parts).encode()).hexdigest()
    boundary = f"=={digest[:24]}=="
    lines = ["MIME-Version: 1.0", f'Content-Type: multipart/mixed; boundary="{boundary}"', ""]
    for part in parts:
        charset = "us-ascii" if part.content.isascii() else "utf-8"
        lines += [f"--{boundary}", f'Content-Type: {part.content_type}; charset="{charset}"', "", part.content.rstrip("\n"), ""]
    return "\n".join([*lines, f"--{boundary}--", ""])
