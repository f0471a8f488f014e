"""The tag rules of the strict services: IAM, KMS, and CloudWatch Logs share a pattern."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

SIGNS = "_.:/=+-@"


def misformed(tags: Iterable[tuple[str, str | None]]) -> str | None:
    """The first key or value that does not match [\\p{L}\\p{Z}\\p{N}_.:/=+\\-@] or is too long; None if all match."""
    for key, value in tags:
        if not 1 <= len(key) <= 128 or not _fits(key):
            return key
        if len(value or "") > 256 or not _fits(value or ""):
            return value
    return None


def _fits(text: str) -> bool:
    return all(sign in SIGNS or unicodedata.category(sign)[0] in "LZN" for sign in text)
