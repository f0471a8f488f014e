# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Splits an SQL script into statements as psql does, one line at a time, so that a dump of any size fits in memory. Pure functions.

The rules are those of "Lexical Structure" in PostgreSQL's documentation, with standard_conforming_strings on, and psql's own: a semicolon
ends a statement unless it is inside parentheses or a BEGIN ATOMIC body; ``COPY ... FROM stdin`` is followed by its rows, up to a line
``\\.``. Text is bytes: every encoding that a PostgreSQL server can have contains ASCII unchanged.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

END_OF_ROWS = b"\\."
MOST_WORDS = 24

DROPPED_COMMANDS = ("restrict", "unrestrict")
"""Commands of psql that pg_dump writes around a dump, so that psql carries out no others in between. Here, no command is carried out."""

TOKEN = re.compile(
    rb"""--|/\*|[eE]'|'|"|\$(?:[A-Za-z_\x80-\xff][A-Za-z_0-9\x80-\xff]*)?\$|[;()\\]|[A-Za-z_\x80-\xff][A-Za-z_0-9$\x80-\xff]*"""
)
COMMENT_EDGE = re.compile(rb"/\*|\*/")
ESCAPED_EDGE = re.compile(rb"\\[\s\S]|'")
ROUTINE = re.compile(r"create (?:or replace )?(?:function|procedure) ")


class ScriptProblem(Exception):
    """A script that cannot be split, or contains what cannot be carried out."""


@dataclass(frozen=True)
class Statement:
    """``line``: where it begins, from 1. ``words``: its first unquoted words outside parentheses, in lower case; a quoted name is ``"``.

    ``rows``: the lines that follow ``COPY ... FROM stdin``, to be read before the next statement; None for any other statement.
    """

    line: int
    text: bytes = field(repr=False)
    words: tuple[str, ...]
    rows: Iterator[bytes] | None = field(default=None, repr=False)

    def begins(self, *words: str) -> bool:
        return self.words[: len(words)] == words


def statements(lines: Iterable[bytes]) -> Iterator[Statement]:
    """The statements of a script. Raises ScriptProblem."""
    reader = iter(lines)
    splitter = _Splitter()
    for number, line in enumerate(reader, 1):
        for statement in splitter.feed(line, number + splitter.rows_read):
            if not _takes_rows(statement.words):
                yield statement
                continue
            rows = _Rows(reader, statement.line)
            yield Statement(statement.line, statement.text, statement.words, rows)
            splitter.rows_read += rows.drain()
            break  # psql, too, ignores what follows on the line
    yield from splitter.rest()


def _takes_rows(words: tuple[str, ...]) -> bool:
    return words[:1] == ("copy",) and ("from", "stdin") in itertools.pairwise(words)


class _Rows:
    """The lines up to the one that ends them."""

    def __init__(self, reader: Iterator[bytes], line: int) -> None:
        self._reader, self._line = reader, line
        self._read, self._ended = 0, False

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        if self._ended:
            raise StopIteration
        line = next(self._reader, None)
        if line is None:
            raise ScriptProblem(f"line {self._line}: the rows of COPY are not followed by a line \\.; the file is incomplete")
        self._read += 1
        if line.rstrip(b"\r\n") == END_OF_ROWS:
            self._ended = True
            raise StopIteration
        return line

    def drain(self) -> int:
        """Skip what has not been read; the number of lines in total."""
        while next(self, None) is not None:
            pass
        return self._read


class _Splitter:
    """The state between two lines. ``_inside``: the kind of text that a line begins in, "" for SQL."""

    def __init__(self) -> None:
        self.rows_read = 0
        self._inside = ""
        self._opened_at = 0
        self._tag = b""
        self._comments = 0
        self._clear()

    def _clear(self) -> None:
        self._parts: list[bytes] = []
        self._words: list[str] = []
        self._line = 0
        self._parentheses = 0
        self._blocks = 0

    def feed(self, line: bytes, number: int) -> Iterator[Statement]:
        position = 0
        while position < len(line):
            if self._inside:
                position = self._leave(line, position)
                continue
            found = TOKEN.search(line, position)
            if found is None:
                self._take(line[position:], number)
                return
            self._take(line[position : found.start()], number)
            position = found.end()
            if found[0] == b"--":
                self._parts.append(b"\n")
                return
            if found[0] == b"\\":
                self._command(line[position:], number)
                return
            if found[0] == b";" and not self._parentheses and not self._blocks:
                if self._line:
                    yield self._statement()
                continue
            self._token(found[0], number)

    def rest(self) -> Iterator[Statement]:
        """What follows the last semicolon."""
        if self._inside:
            raise ScriptProblem(f"line {self._opened_at}: {self._inside} does not end; the file is incomplete")
        if self._line:
            yield self._statement()

    def _statement(self) -> Statement:
        found = Statement(self._line, b"".join(self._parts).strip(), tuple(self._words))
        self._clear()
        return found

    def _take(self, text: bytes, number: int) -> None:
        if not self._line and text.strip():
            self._line = number
        if self._line:
            self._parts.append(text)

    def _token(self, token: bytes, number: int) -> None:
        if token == b"/*":
            self._open("the comment", number)
            self._comments = 1
            return
        self._line = self._line or number
        self._parts.append(token)
        if token in (b"(", b")"):
            self._parentheses = max(0, self._parentheses + (1 if token == b"(" else -1))
        elif token == b"'":
            self._open("the string", number)
        elif token in (b"e'", b"E'"):
            self._open("the escaped string", number)
        elif token == b'"':
            self._open("the quoted name", number)
            self._word('"')
        elif token.startswith(b"$"):
            self._open("the dollar-quoted string", number)
            self._tag = token
        else:
            self._word(token.decode("latin-1").lower())

    def _open(self, what: str, number: int) -> None:
        self._inside, self._opened_at = what, number

    def _word(self, word: str) -> None:
        if self._parentheses:
            return
        if len(self._words) < MOST_WORDS:
            self._words.append(word)
        if not ROUTINE.match(" ".join(self._words[:5]) + " "):
            return
        if word == "begin" or (word == "case" and self._blocks):
            self._blocks += 1
        elif word == "end" and self._blocks:
            self._blocks -= 1

    def _leave(self, line: bytes, position: int) -> int:
        """Skip to where the string, name or comment ends; the position after it."""
        start = position
        if self._inside == "the comment":
            for edge in COMMENT_EDGE.finditer(line, position):
                self._comments += 1 if edge[0] == b"/*" else -1
                if not self._comments:
                    self._inside = ""
                    self._parts.append(b" ")
                    return edge.end()
            return len(line)
        if self._inside == "the escaped string":
            position = next((edge.end() for edge in ESCAPED_EDGE.finditer(line, position) if edge[0] == b"'"), -1)
        else:
            closing = {"the string": b"'", "the quoted name": b'"'}.get(self._inside, self._tag)
            at = line.find(closing, position)
            position = at + len(closing) if at >= 0 else -1
        if position < 0:
            self._parts.append(line[start:])
            return len(line)
        self._inside = ""
        self._parts.append(line[start:position])
        return position

    def _command(self, rest: bytes, number: int) -> None:
        """A command of psql, which is no SQL."""
        name = rest.split(maxsplit=1)[0].decode("latin-1") if rest.strip() else ""
        if self._line or name not in DROPPED_COMMANDS:
            raise ScriptProblem(f"line {number} has \\{name}, a command of psql; give SQL, or a dump of a single database without --create")
