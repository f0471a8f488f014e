# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Log lines that are safe to show: limited in length, with likely secrets masked."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable

from ..sensitive.names import secret_below, secret_value, words

MOST_LINES = 20
LONGEST_LINE = 300
MASK = "********"

HEADING = re.compile(r"(?P<indent>[ \t]*)(?:- +)?[\"']?(?P<name>[\w.-]+)[\"']?[ \t]*:[ \t]*(?:[|>][+-]?\d*)?[ \t]*")
"""A name in YAML whose value is on the lines below it: a block of text, or a mapping."""

ASSIGNED = re.compile(
    r"(?P<keep>(?P<name>[A-Za-z][\w.-]*)(?P<quote>\\?[\"']?)[ \t]*(?:=>|:=|[=:])[ \t]*(?:(?:basic|bearer)[ \t]+(?=\S))?)"
    r"(?P<value>\\?\"(?:[^\"\\]|\\[^\"])*\\?\"|'[^']*'|[^\s\"',;&|>{\[][^\s\"',;&]*)",
    re.IGNORECASE,
)
"""A name and its value, as in ``password=x``, ``"password": "x"`` or ``password: x``."""

FLAGGED = re.compile(r"(?P<keep>(?<!\S)--?(?P<name>[A-Za-z][\w.-]+)[ \t]+)(?P<value>\"[^\"]*\"|'[^']*'|[^\s\"'-]\S*)")
"""A flag and its value, as in ``--password x``."""

PRIVATE_KEY = re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*", re.DOTALL)

# Keep the text before the secret readable, because it identifies the secret.
PATTERNS = (
    (("authorization",), re.compile(r"(?P<keep>(?i:\bauthorization[\"']?\s*[=:]\s*[\"']?(?:basic|bearer)?\s*))[\w.+/=~-]{6,}")),
    (("bearer",), re.compile(r"(?P<keep>(?i:\bbearer\s+))[\w.+/=~-]{8,}")),
    (("://",), re.compile(r"(?P<keep>\b[a-z][a-z0-9+.-]*://[^\s:/@]*:)[^\s@]+(?:@[^\s@/]*)*(?=@)")),
    (("://",), re.compile(r"(?P<keep>\b[a-z][a-z0-9+.-]*://)[^\s:/@]{16,}(?=@)")),
    (("-u", "--user"), re.compile(r"(?P<keep>(?<!\S)(?:-u|--user)(?:[ \t]+|=)[^\s:]+:)\S+")),
    (("mysql",), re.compile(r"(?P<keep>\bmysql\w*\b[^\n;|&]*?\s-p)(?!\s)\S+")),
    (("sshpass", "redis-cli"), re.compile(r"(?P<keep>\b(?:sshpass[ \t]+-p|redis-cli\b[^\n;|&]*?\s-a)[ \t]+)\S+")),
    (("sig",), re.compile(r"(?P<keep>(?i:[?&](?:sig|signature|x-amz-signature)=))[^\s&\"']+")),
    (("hooks.slack.com",), re.compile(r"(?P<keep>\bhooks\.slack\.com/services/)[^\s\"']+")),
    (("akia", "asia"), re.compile(r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b")),
    (("eyj",), re.compile(r"\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*")),
    (("gh", "xox"), re.compile(r"\bgh[pousr]_[A-Za-z0-9]{20,}\b|\bxox[abprs]-[\w-]{10,}")),
)
"""Each pattern after texts, in lower case, of which any match contains one: searching for those first is much faster."""


@functools.lru_cache(maxsize=8192)
def mask(text: str) -> str:
    """A text with likely secrets replaced. Plans compare the same texts of a manifest and of the live object, hence the cache."""
    if "-----BEGIN" in text:
        text = PRIVATE_KEY.sub(MASK, text)
    if "\n" in text:
        text = _without_blocks(text)
    if "=" in text or ":" in text:
        text = ASSIGNED.sub(_assigned, text)
    if "-" in text:
        text = FLAGGED.sub(lambda found: f"{found['keep']}{MASK}" if secret_value(found["name"]) else found[0], text)
    lower = text.lower()
    for needles, pattern in PATTERNS:
        if any(needle in lower for needle in needles):
            text = pattern.sub(lambda found: (found.groupdict().get("keep") or "") + MASK, text)
    return text


def _without_blocks(text: str) -> str:
    """A text without the lines below the name of a secret, as in YAML."""
    found: list[str] = []
    below: str | None = None
    for line in text.split("\n"):
        indent = line[: len(line) - len(line.lstrip())]
        if below is not None and (not line.strip() or (len(indent) > len(below) and indent.startswith(below))):
            continue
        heading = HEADING.fullmatch(line)
        below = heading["indent"] if heading and secret_below(heading["name"]) else None
        found += [line] if below is None else [line, f"{below}  {MASK}"]
    return "\n".join(found)


def _assigned(found: re.Match[str]) -> str:
    """In text, ``key=...`` and ``auth=...`` are ordinary words; they count only after another word, or quoted as a name."""
    name = found["name"]
    secret = secret_below(name) or (secret_value(name) and (len(words(name)) > 1 or bool(found["quote"])) and words(name) != ["key"])
    return f"{found['keep']}{MASK}" if secret and hideable_text(found["value"]) else found[0]


def hideable_text(value: str) -> bool:
    return value.strip("\\\"'").lower() not in ("", "true", "false", "null", "none")


def last_lines(text: str, lines: int = MOST_LINES) -> tuple[str, ...]:
    """The end of a log, safe to show. Masks a key that spans several lines before counting lines."""
    whole = re.sub(r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(-----END [A-Z ]*PRIVATE KEY-----|\Z)", MASK, text, flags=re.DOTALL)
    return tuple(_bounded(mask(line)) for line in _filled(whole.splitlines())[-lines:])


def _filled(lines: Iterable[str]) -> list[str]:
    return [line for line in lines if line.strip()]


def _bounded(line: str) -> str:
    return line if len(line) <= LONGEST_LINE else line[:LONGEST_LINE] + " [...]"
