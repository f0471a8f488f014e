# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Image references: their parts, the registry that completes them, and the digest that replaces them. Pure functions.

The grammar is that of github.com/distribution/reference.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from ...reconcile.model import is_unknown

REFERENCE = re.compile(
    r"(?P<name>[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*(?:/[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*)*)"
    r"(?::(?P<tag>\w[\w.-]{0,127}))?(?:@(?P<digest>sha256:[0-9a-f]{64}))?",
    re.ASCII,
)
WITH_TAG = "name a tag or a digest, such as api:1.4.2 or api@sha256:..."


def problem(reference: str) -> str:
    """Why a reference cannot be deployed, as the end of a sentence; empty if it can."""
    if is_unknown(reference):
        return ""
    host, rest = split_host(reference)
    found = REFERENCE.fullmatch(rest if host else reference)
    if found is None:
        return f"it must be an image reference in lower case, such as api:1.4.2; {WITH_TAG}"
    if not found["tag"] and not found["digest"]:
        return f"it has neither tag nor digest, and what Kubernetes would pull then changes with every push; {WITH_TAG}"
    return ""


def split_host(reference: str) -> tuple[str, str]:
    """(registry, repository with tag and digest). The registry is empty if the reference names none.

    A first part is a host if it has a dot or a port, or is localhost; otherwise it is part of the repository.
    """
    first, slash, rest = reference.partition("/")
    is_host = bool(slash) and ("." in first or ":" in first or first == "localhost")
    return (first, rest) if is_host else ("", reference)


def completed(reference: str, registry: str) -> str:
    """The reference with the registry's host, if it names none itself."""
    if not registry or is_unknown(reference) or split_host(reference)[0]:
        return reference
    return f"{registry.rstrip('/')}/{reference}"


def pinned(reference: str, registry: str, digests: Mapping[str, str]) -> str:
    """What runs: the digest that is known for the reference as given or completed, otherwise the completed reference."""
    whole = completed(reference, registry)
    return digests.get(whole) or digests.get(reference) or whole


def tag_of(reference: str) -> str:
    found = REFERENCE.fullmatch(split_host(reference)[1])
    return (found["tag"] or "") if found else ""
