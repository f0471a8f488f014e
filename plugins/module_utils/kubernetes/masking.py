# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Log lines that are safe to show: limited in length, with likely secrets masked."""

from __future__ import annotations

import re
from collections.abc import Iterable

MOST_LINES = 20
LONGEST_LINE = 300
MASK = "********"

# Keep the name before the sign readable: it identifies the secret.
PATTERNS = (
    re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*", re.DOTALL),
    re.compile(
        r"(?P<keep>(?i:\b[\w-]*(?:passw(?:or)?d|passwd|secret|token|api[_-]?key|access[_-]?key|credential)[\w-]*[\"']?\s*[=:]\s*))[\"']?[^\s\"',;&]+"
    ),
    re.compile(r"(?P<keep>(?i:\bauthorization[\"']?\s*[=:]\s*[\"']?(?:basic|bearer)?\s*))[\w.+/=~-]{6,}"),
    re.compile(r"(?P<keep>(?i:\bbearer\s+))[\w.+/=~-]{8,}"),
    re.compile(r"(?P<keep>\b[a-z][a-z0-9+.-]*://[^\s:/@]*:)[^\s@/]+(?=@)"),
    re.compile(r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b"),
    re.compile(r"\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*"),
    re.compile(r"\bgh[pousr]_[A-Za-z0-9]{20,}\b|\bxox[abprs]-[\w-]{10,}"),
)


def mask(text: str) -> str:
    for pattern in PATTERNS:
        text = pattern.sub(lambda found: (found.groupdict().get("keep") or "") + MASK, text)
    return text


def last_lines(text: str, lines: int = MOST_LINES) -> tuple[str, ...]:
    """The end of a log, safe to show. Masks a key that spans several lines before counting lines."""
    whole = re.sub(r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(-----END [A-Z ]*PRIVATE KEY-----|\Z)", MASK, text, flags=re.DOTALL)
    return tuple(_bounded(mask(line)) for line in _filled(whole.splitlines())[-lines:])


def _filled(lines: Iterable[str]) -> list[str]:
    return [line for line in lines if line.strip()]


def _bounded(line: str) -> str:
    return line if len(line) <= LONGEST_LINE else line[:LONGEST_LINE] + " [...]"
