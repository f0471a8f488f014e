# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Image references: the registry that completes them, and the digest that replaces them. Pure functions."""

from __future__ import annotations

from collections.abc import Mapping

from ...images.references import BadReference, parse, split_registry
from ...reconcile.model import is_unknown


def problem(reference: object) -> str:
    """Why a reference cannot be deployed, as a sentence; empty if it can."""
    if is_unknown(reference):
        return ""
    try:
        parse(reference)
    except BadReference as error:
        return str(error)
    return ""


def completed(reference: str, registry: str) -> str:
    """A valid reference with the registry's host, if it names none itself."""
    if not registry or is_unknown(reference) or parse(reference).registry:
        return reference
    return f"{registry.rstrip('/')}/{reference}"


def pinned(reference: str, registry: str, digests: Mapping[str, str]) -> str:
    """What runs: the digest that is known for the reference as given or completed, otherwise the completed reference."""
    whole = completed(reference, registry)
    return digests.get(whole) or digests.get(reference) or whole


def repository_of(reference: str) -> tuple[str, str]:
    """(registry, repository) of a reference, which may lack a tag."""
    folder, slash, last = reference.partition("@")[0].rpartition("/")
    return split_registry(f"{folder}{slash}{last.partition(':')[0]}")
