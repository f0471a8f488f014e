# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Releases of the node images that EKS publishes: which one a group's nodes run, when they get a newer one, and how old one is.

A release of Amazon Linux names the patch version of Kubernetes and the day it was built: 1.36.0-20261112. A release of Bottlerocket has its
own version and is built for every minor version: 1.59.1-8d3b60e5.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from ....inputs.reader import Reader
from ....inputs.windows import SHORTEST, Window, is_open, weekly

NEWEST = "newest"
"""Instead of a release: the newest one that AWS publishes for the group's image and version."""

BOTTLEROCKET = "BOTTLEROCKET"
OF_AMAZON_LINUX = re.compile(r"(?P<minor>1\.\d\d)\.\d+-(?P<day>\d{8})")
OF_BOTTLEROCKET = re.compile(r"\d+\.\d+\.\d+-[0-9a-f]{8}")
EXAMPLES = {False: "1.36.0-20261112", True: "1.59.1-8d3b60e5"}
"""Whether the image is Bottlerocket -> a release."""

Newest = Mapping[tuple[str, str], str]
"""(AMI type, minor version of Kubernetes) -> the newest release; only of those that AWS publishes."""


@dataclass(frozen=True)
class Release:
    """What a group's nodes should run. ``pinned`` is empty unless the user names a release; ``window`` is None if any time will do."""

    pinned: str = ""
    newest: bool = False
    window: Window | None = None

    def due(self, now: datetime) -> bool:
        """Whether a run at this moment brings nodes to the newest release."""
        return self.newest and (self.window is None or is_open(self.window, now))


EKS_CHOOSES = Release()
"""New nodes get EKS's newest release, and present ones keep theirs until the cluster's version changes."""


def read_release(reader: Reader) -> Release:
    """``release_version`` and ``maintenance_window``. Whether the release fits the image and the version is checked in validate.py."""
    given, path = reader.text("release_version", ""), reader.at("maintenance_window")
    text = reader.text("maintenance_window", "")
    window = weekly(text) if text else None
    if text and window is None:
        reader.problems.add(path, text, "it must be a weekly window in UTC, such as sun:02:00-sun:05:00")
    elif window and window.length < SHORTEST:
        reader.problems.add(path, text, f"it must last at least {SHORTEST} minutes")
    if text and given != NEWEST:
        remedy = f"nodes get a newer release in it only with release_version: {NEWEST}; set that, or remove the window"
        reader.problems.add(path, text, remedy)
    return Release("" if given == NEWEST else given, given == NEWEST, window)


def is_bottlerocket(ami_type: str) -> bool:
    return ami_type.startswith(BOTTLEROCKET)


def wrong_release(release: str, ami_type: str, version: str) -> str:
    """Why a group of this image and version cannot run a release, as the end of a sentence; empty if nothing in its name says so."""
    bottlerocket = is_bottlerocket(ami_type)
    found = (OF_BOTTLEROCKET if bottlerocket else OF_AMAZON_LINUX).fullmatch(release)
    if not found or (bottlerocket and day_of(release)):
        return f"a release of {ami_type} looks like {EXAMPLES[bottlerocket]}; name one, or {NEWEST}"
    if not bottlerocket and version and found["minor"] != version:
        return f"that is a release of Kubernetes {found['minor']}, and the cluster has {version}; name one of {version}, or {NEWEST}"
    if not bottlerocket and day_of(release) is None:
        return f"{found['day']} is no date; a release looks like {EXAMPLES[False]}"
    return ""


def day_of(release: str) -> date | None:
    """The day on which a release was built; None if its name does not say so, as with Bottlerocket."""
    found = OF_AMAZON_LINUX.fullmatch(release)
    try:
        return date.fromisoformat(found["day"]) if found else None
    except ValueError:
        return None


def minor_of(release: str) -> str:
    """The minor version of Kubernetes that a release is for; empty if its name does not say so."""
    found = OF_AMAZON_LINUX.fullmatch(release)
    return found["minor"] if found else ""


def order(release: str) -> tuple[str | int, ...]:
    """A sort key: by day for Amazon Linux, by version for Bottlerocket."""
    found = OF_AMAZON_LINUX.fullmatch(release)
    return (int(found["day"]),) if found else tuple(int(part) for part in re.findall(r"\d+", release.partition("-")[0]))


KUBERNETES = re.compile(r"k8s: (?P<version>1\.\d+\.\d+)")
"""The patch version in the description of an image of Amazon Linux."""

SETTLED = timedelta(days=1)
"""How old an image must be to count as the newest: EKS accepts its release some time after the image appears."""


def image_of(ami_type: str, version: str, release: str = "*") -> str:
    """The name of the image of a release, or a pattern of all names: amazon-eks-node-al2023-x86_64-standard-1.36-v20261112."""
    architecture = "arm64" if "ARM_64" in ami_type else "x86_64"
    flavor = ami_type.partition("ARM_64" if architecture == "arm64" else "x86_64")[2].strip("_").lower()
    if is_bottlerocket(ami_type):
        return f"bottlerocket-aws-k8s-{version}{f'-{flavor}' if flavor else ''}-{architecture}-v{release}"
    return f"amazon-eks-node-al2023-{architecture}-{flavor}-{version}-v{release.rpartition('-')[2]}"


def release_of(image: Mapping[str, Any]) -> str:
    """The release of an image, from EC2's description of it; empty if that names none."""
    text = str(image.get("Name") or "").rpartition("-v")[2]
    if OF_BOTTLEROCKET.fullmatch(found := str(image.get("Name") or "").partition("64-v")[2]):
        return found
    kubernetes = KUBERNETES.search(str(image.get("Description") or ""))
    return f"{kubernetes['version']}-{text}" if kubernetes and OF_AMAZON_LINUX.fullmatch(f"{kubernetes['version']}-{text}") else ""


def newest_of(images: Iterable[Mapping[str, Any]], wanted: Iterable[tuple[str, str]], now: datetime) -> dict[tuple[str, str], str]:
    """The newest release by (AMI type, minor version), of EC2's descriptions of images. Those without any image are left out."""
    settled = [image for image in images if str(image.get("CreationDate") or "") <= (now - SETTLED).strftime("%Y-%m-%dT%H:%M:%S")]
    found = {}
    for ami_type, version in wanted:
        beginning = image_of(ami_type, version, "")
        releases = [release_of(image) for image in settled if str(image.get("Name") or "").startswith(beginning)]
        if there := [release for release in releases if release]:
            found[ami_type, version] = max(there, key=order)
    return found


def age(release: str, today: date) -> str:
    """``1.36.0-20261112, 18 days old``, or only the release if its name does not say when it was built."""
    built = day_of(release)
    days = (today - built).days if built else None
    return release if days is None else f"{release}, {days} day{'' if days == 1 else 's'} old"


def rolled_back(path: str, wanted: str, present: str) -> Iterator[str]:
    """EKS does not return nodes to an earlier release (docs.aws.amazon.com/eks/latest/userguide/update-managed-node-group.html)."""
    if present and minor_of(wanted) == minor_of(present) and order(wanted) < order(present):
        yield (
            f"{path}.release_version is '{wanted}', but its nodes run {present}, and EKS does not go back to an earlier release; name "
            f"{present} or a later one, or {NEWEST}"
        )
