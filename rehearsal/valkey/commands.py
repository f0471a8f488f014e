"""The command in which a client logs in with an IAM token. Valkey itself knows only passwords: the relay verifies the token and sends a
password of its own in its place.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from rehearsal.valkey.protocol import encoded

LONGEST, MOST_WORDS = 65_536, 32


async def first_command(reader: asyncio.StreamReader) -> tuple[bytes, list[bytes] | None]:
    """A client's first command as it was sent, and its words; None for the words of one that is not a list of texts."""
    raw = line = await reader.readline()
    if not line.startswith(b"*") or not line[1:-2].isdigit() or int(line[1:-2]) > MOST_WORDS:
        return raw, None
    words = []
    for _word in range(int(line[1:-2])):
        line = await reader.readline()
        raw += line
        if not line.startswith(b"$") or not line[1:-2].isdigit() or int(line[1:-2]) > LONGEST:
            return raw, None
        content = await reader.readexactly(int(line[1:-2]) + 2)
        raw += content
        words.append(content[:-2])
    return raw, words


def login_in(words: list[bytes]) -> tuple[str, str] | None:
    """The user and the password in AUTH user password, or HELLO version AUTH user password."""
    upper = [word.upper() for word in words]
    if upper[:1] == [b"AUTH"] and len(words) == 3:
        found = words[1:]
    elif upper[:1] == [b"HELLO"] and b"AUTH" in upper[2:] and len(words) > upper.index(b"AUTH") + 2:
        found = words[upper.index(b"AUTH") + 1 :][:2]
    else:
        return None
    return found[0].decode(errors="replace"), found[1].decode(errors="replace")


def with_password(words: list[bytes], token: str, passwords: Mapping[str, str], user: str) -> bytes:
    """The command with the user's password in place of the token."""
    return encoded(*(passwords[user] if word == token.encode() else word for word in words))
