# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Domain names and record values in the one form in which they are compared. Pure functions.

Names are in lower case and without the final dot. Route 53 returns some characters as three octal digits (``\052`` for ``*``; Route 53
Developer Guide, "DNS domain name format").
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable

LONGEST_NAME = 253
LONGEST_TEXT = 255
"""Bytes in one string of a TXT record (RFC 1035, 3.3)."""

LABEL = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?")
OCTAL = re.compile(r"\\(\d{3})")
STRING = re.compile(r'"((?:[^"\\]|\\.)*)"')
CAA_VALUE = re.compile(r'(\d{1,3})\s+([A-Za-z0-9]+)\s+(?:"([^"]*)"|(\S+))')


def normal(name: str) -> str:
    """``WWW.Example.com.`` -> ``www.example.com``; ``\\052.example.com.`` -> ``*.example.com``."""
    return OCTAL.sub(lambda found: chr(int(found[1], 8)), name).lower().removesuffix(".")


def is_within(name: str, domain: str) -> bool:
    """Whether a name is a domain or below it."""
    return name == domain or name.endswith(f".{domain}")


def innermost(name: str, domains: Iterable[str]) -> str:
    """The longest of these domains that the name is within; empty if there is none."""
    return max((one for one in domains if is_within(name, one)), key=len, default="")


def name_problem(name: str, *, wildcard: bool = False) -> str:
    """What is wrong with a normal name, as the second half of a sentence; empty if it is valid."""
    labels = name.split(".")
    if not name.isascii():
        return "it has characters outside ASCII; write an international name in its xn-- form"
    if len(name) > LONGEST_NAME:
        return f"a name has at most {LONGEST_NAME} characters"
    if "*" in name and (not wildcard or name.count("*") > 1 or labels[0] != "*" or len(labels) < 2):
        return "an asterisk can only be the entire first label, as in *.example.com" if wildcard else "it cannot have an asterisk"
    bad = [label for label in labels[1 if labels[0] == "*" else 0 :] if not LABEL.fullmatch(label)]
    if bad:
        return f"{bad[0]!r} is no label: each has 1 to 63 letters, digits, hyphens, and underscores, and no hyphen at either end"
    return ""


def is_host(text: str) -> bool:
    return not name_problem(normal(text))


# -- values --------------------------------------------------------------------------------------------------------------------------


def canonical_value(sort: str, text: str) -> str | None:
    """A value of a record as it is compared; None if it is no value of this type. The text of a TXT record is plain, not quoted."""
    words = text.split()
    match sort:
        case "A" | "AAAA":
            return _address(text, 4 if sort == "A" else 6)
        case "CNAME" | "NS" | "PTR":
            return normal(text) if is_host(text) else None
        case "MX" | "SRV":
            numbers, host = words[:-1], words[-1] if words else ""
            count = 1 if sort == "MX" else 3
            fits = len(numbers) == count and all(one.isdecimal() and int(one) <= 65535 for one in numbers)
            return " ".join([*(str(int(one)) for one in numbers), normal(host) or "."]) if fits and (host == "." or is_host(host)) else None
        case "CAA":
            found = CAA_VALUE.fullmatch(text.strip())
            return f'{int(found[1])} {found[2].lower()} "{found[3] or found[4] or ""}"' if found and int(found[1]) <= 255 else None
        case _:
            return text


def _address(text: str, version: int) -> str | None:
    try:
        found = ipaddress.ip_address(text.strip())
    except ValueError:
        return None
    return str(found) if found.version == version else None


def quoted(text: str) -> str:
    """A text as Route 53 takes it in a TXT record: strings of at most 255 bytes in quotation marks, special characters escaped.

    Characters other than printable ASCII are written as three octal digits for each of their bytes.
    """
    data = text.encode()
    parts = [data[start : start + LONGEST_TEXT] for start in range(0, len(data), LONGEST_TEXT)] or [b""]
    return " ".join('"' + "".join(map(_escaped, part)) + '"' for part in parts)


def _escaped(byte: int) -> str:
    if byte in b'"\\':
        return f"\\{chr(byte)}"
    return chr(byte) if 32 <= byte < 127 else f"\\{byte:03o}"


def unquoted(value: str) -> str:
    """The text of a TXT record's value: its strings, joined."""
    found = STRING.findall(value)
    return _plain("".join(found)) if found else value


def _plain(text: str) -> str:
    data = bytearray()
    position = 0
    while position < len(text):
        character = text[position]
        if character == "\\" and OCTAL.match(text, position):
            data.append(int(text[position + 1 : position + 4], 8) & 0xFF)
            position += 4
            continue
        if character == "\\" and position + 1 < len(text):
            position += 1
            character = text[position]
        data += character.encode()
        position += 1
    return data.decode(errors="replace")
