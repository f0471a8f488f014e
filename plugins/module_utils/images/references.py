# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""References to container images. Pure functions.

The grammar is that of the distribution project's package ``reference``: ``[registry/]repository[:tag][@digest]``. The part before the first
slash is a registry if it contains a dot or a colon, or is ``localhost``; without one, the image is Docker Hub's, and ``registry`` is empty.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass

_COMPONENT = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
REPOSITORY = re.compile(rf"{_COMPONENT}(?:/{_COMPONENT})*")
TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}")
DIGEST = re.compile(r"sha256:[0-9a-f]{64}")

ECR_HOST = re.compile(
    r"(?P<account>\d{12})\.dkr[.-]ecr(?:-fips)?\.(?P<region>[a-z0-9-]+)"
    r"\.(?:amazonaws\.com|amazonaws\.com\.cn|amazonaws\.eu|on\.aws|on\.amazonwebservices\.com\.cn)"
)
"""Hosts of private registries: the usual ones, those of FIPS endpoints, and those that also answer over IPv6 (Amazon ECR User Guide,
"Amazon ECR private registry", and AWS General Reference, "Amazon ECR endpoints").
"""

EXPECTED = "expected [registry/]repository:tag or [registry/]repository@sha256:<64 hexadecimal digits>"


class BadReference(ValueError):
    """Text that is not a reference to one image. The message says what is wrong with it."""


@dataclass(frozen=True, order=True)
class Repository:
    """A repository in ECR: its account, its region, and its name."""

    account_id: str
    region: str
    name: str

    def __str__(self) -> str:
        return f"{self.name} in the registry of account {self.account_id} in {self.region}"


@dataclass(frozen=True)
class Reference:
    """A reference as it was written (``text``), and its parts; ``tag`` or ``digest`` may be empty, but not both."""

    text: str
    registry: str
    name: str
    tag: str = ""
    digest: str = ""

    @property
    def ecr(self) -> Repository | None:
        """The repository in ECR; None for other registries, ECR Public included."""
        match = ECR_HOST.fullmatch(self.registry)
        return Repository(match["account"], match["region"], self.name) if match else None

    @property
    def label(self) -> str:
        """What identifies the image in its repository, for sentences: ``tag 1.4.2``."""
        return f"digest {self.digest}" if self.digest else f"tag {self.tag}"

    def pinned(self, digest: str) -> str:
        """The reference by digest, as pods should name it. A tag is left out: container runtimes ignore it beside a digest."""
        return f"{self.base}@{digest}"

    @property
    def base(self) -> str:
        """The reference without tag and digest."""
        return f"{self.registry}/{self.name}" if self.registry else self.name


def parse(text: object) -> Reference:
    """Read a reference. Raises BadReference, also for one with neither tag nor digest: it would mean whatever ``latest`` is today."""
    if not isinstance(text, str) or not text or text != text.strip():
        raise BadReference(f"{text!r} is not a reference to an image; {EXPECTED}")
    if "://" in text:
        raise BadReference(f"{text} begins with a scheme; {EXPECTED}, without {text.partition('://')[0]}://")
    rest, at, digest = text.partition("@")
    if at and not DIGEST.fullmatch(digest):
        raise BadReference(f"{text} has the digest {digest!r}; expected sha256: followed by 64 hexadecimal digits in lower case")
    registry, name = split_registry(rest)
    name, colon, tag = name.partition(":")
    if colon and not TAG.fullmatch(tag):
        raise BadReference(f"{text} has the tag {tag!r}; expected up to 128 letters, digits, and ._-, which does not begin with . or -")
    if not REPOSITORY.fullmatch(name):
        raise BadReference(f"{text} has the repository {name!r}; {EXPECTED}, with the repository in lower case")
    if not tag and not digest:
        raise BadReference(f"{text} has neither a tag nor a digest; expected {text}:<tag> or {text}@sha256:<digest>")
    return Reference(text, registry, name, tag, digest)


def split_registry(rest: str) -> tuple[str, str]:
    """(registry, the rest) of a reference without its digest; a registry contains a dot or a port, or is localhost."""
    first, slash, name = rest.partition("/")
    if slash and ("." in first or ":" in first or first == "localhost"):
        return first, name
    return "", rest


def complete(text: str, uris: Mapping[str, str]) -> str:
    """A reference with the URI for the short name of one of our repositories: ``api:1.4.2`` with ``{"api": uri}``. Others stay as they are.

    A short name that is also the name of an image on Docker Hub means ours.
    """
    end = min((at for at in (text.find(":"), text.find("@")) if at >= 0), default=len(text))
    uri = uris.get(text[:end])
    return f"{uri}{text[end:]}" if uri else text


def read_references(texts: Collection[object]) -> tuple[dict[str, Reference], list[str]]:
    """The references by text, each once, and one sentence for each text that is none."""
    found: dict[str, Reference] = {}
    problems: list[str] = []
    for text in texts:
        try:
            one = parse(text)
        except BadReference as error:
            if str(error) not in problems:
                problems.append(str(error))
        else:
            found[one.text] = one
    return found, problems
