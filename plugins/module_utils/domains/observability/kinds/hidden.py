# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Addresses and tokens that are secrets: what stands for them in plans, diffs, and outputs."""

from __future__ import annotations

import hashlib
from urllib.parse import urlsplit

PREFIX = "sha256:"
SHOWN = 16


def stand_in(value: str) -> str:
    """A value that shows whether a secret has changed, and nothing of it: the URLs and tokens of these services are random."""
    return f"{PREFIX}{hashlib.sha256(value.encode()).hexdigest()[:SHOWN]}"


def shown_url(url: str) -> str:
    """A URL as plans show it. In webhooks, the path or the query is the secret; a URL without either is none."""
    parts = urlsplit(url)
    return url if parts.path in ("", "/") and not parts.query else stand_in(url)
