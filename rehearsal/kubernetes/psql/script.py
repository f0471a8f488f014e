"""A psql script as the statements and commands that psql would find in it, with variables filled in as they are set."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

DOLLAR = re.compile(r"\$([A-Za-z_\x80-\uffff][\w\x80-\uffff]*)?\$")
VARIABLE = re.compile(r":(?:'(\w+)'|\"(\w+)\"|(\w+))")
WORD = re.compile(r"[A-Za-z_]\w*")
ROUTINE = re.compile(r"\s*create\s+(or\s+replace\s+)?(function|procedure)\b", re.IGNORECASE)
FROM_STDIN = re.compile(r"\s*copy\b.*\bfrom\s+stdin\b", re.IGNORECASE | re.DOTALL)


@dataclass(frozen=True)
class Statement:
    """SQL up to its semicolon. `line`: the one on which it ends. `data`: the rows of a COPY FROM STDIN."""

    text: str
    line: int
    data: str | None = None


@dataclass(frozen=True)
class Command:
    """A backslash command with its arguments."""

    name: str
    arguments: tuple[str, ...]
    line: int


def pieces(text: str, variables: Mapping[str, str]) -> Iterator[Statement | Command]:
    """`variables` are read as the script is consumed: what a \\set before a statement changes counts in it."""
    scanner = _Scanner(text, variables)
    return scanner.run()


class _Scanner:
    def __init__(self, text: str, variables: Mapping[str, str]) -> None:
        self._text, self._variables = text.replace("\r\n", "\n"), variables
        self._at = 0
        self._made: list[str] = []
        self._depth = self._blocks = 0

    def run(self) -> Iterator[Statement | Command]:
        while self._at < len(self._text):
            char = self._text[self._at]
            if char == "\\":
                command = self._command()
                if command.name == "g":
                    yield from self._finished()
                else:
                    yield command
            elif char == ";" and self._depth <= 0 and self._blocks <= 0:
                self._at += 1
                yield from self._finished(";")
            else:
                self._step(char)
        yield from self._finished()

    def _step(self, char: str) -> None:
        if self._text.startswith("--", self._at):
            self._line_rest()
        elif self._text.startswith("/*", self._at):
            self._comment()
        elif char == "'":
            before = self._text[self._at - 1 : self._at].lower()
            self._quoted("'", escapes=before == "e" and not self._text[max(self._at - 2, 0) : self._at - 1].isalnum())
        elif char == '"':
            self._quoted('"', escapes=False)
        elif char == "$" and (match := DOLLAR.match(self._text, self._at)) and not self._text[self._at - 1 : self._at].isalnum():
            end = self._text.find(match[0], match.end())
            self._take(len(self._text) if end < 0 else end + len(match[0]))
        elif char == ":":
            self._variable()
        elif match := WORD.match(self._text, self._at):
            self._word(match[0].lower())
            self._take(match.end())
        else:
            self._depth += (char == "(") - (char == ")")
            self._take(self._at + 1)

    def _word(self, word: str) -> None:
        """Inside a routine's body in SQL, BEGIN ... END and CASE ... END hold semicolons that do not end the statement."""
        if word in ("begin", "case") and ROUTINE.match("".join(self._made)):
            self._blocks += 1
        elif word == "end" and self._blocks:
            self._blocks -= 1

    def _variable(self) -> None:
        is_cast = self._text.startswith("::", self._at)
        match = None if is_cast else VARIABLE.match(self._text, self._at)
        name = next((each for each in match.groups() if each), "") if match else ""
        if match is None or name not in self._variables:
            self._take(self._at + (2 if is_cast else 1))
            return
        value = self._variables[name]
        quote = match[0][1] if match[0][1] in "'\"" else ""
        self._made.append(f"{quote}{value.replace(quote, quote * 2)}{quote}" if quote else value)
        self._at = match.end()

    def _comment(self) -> None:
        depth, start = 0, self._at
        while self._at < len(self._text):
            two = self._text[self._at : self._at + 2]
            depth += (two == "/*") - (two == "*/")
            self._at += 2 if two in ("/*", "*/") else 1
            if depth == 0:
                break
        self._made.append(" " if "\n" not in self._text[start : self._at] else "\n")

    def _quoted(self, quote: str, *, escapes: bool) -> None:
        end = self._at + 1
        while end < len(self._text):
            if (escapes and self._text[end] == "\\") or self._text.startswith(quote * 2, end):
                end += 2
            elif self._text[end] == quote:
                break
            else:
                end += 1
        self._take(end + 1)

    def _take(self, end: int) -> None:
        self._made.append(self._text[self._at : end])
        self._at = end

    def _line_rest(self) -> str:
        end = self._text.find("\n", self._at)
        end = len(self._text) if end < 0 else end
        taken, self._at = self._text[self._at : end], end
        return taken

    def _command(self) -> Command:
        line = self._line()
        words = self._line_rest()[1:]
        name, _, arguments = words.strip().partition(" ")
        try:
            split = shlex.split(arguments)
        except ValueError:
            split = arguments.split()
        return Command(name, tuple(split), line)

    def _finished(self, mark: str = "") -> Iterator[Statement]:
        line, text = self._line(), "".join(self._made).strip()
        self._made, self._depth, self._blocks = [], 0, 0
        if not text:
            return
        data = None
        if FROM_STDIN.match(text):
            self._at = self._text.find("\n", self._at) + 1 or len(self._text)
            end = re.compile(r"^\\\.$", re.MULTILINE).search(self._text, self._at)
            data = self._text[self._at : end.start() if end else len(self._text)]
            self._at = end.end() if end else len(self._text)
        yield Statement(text + mark, line, data)

    def _line(self) -> int:
        return self._text.count("\n", 0, self._at) + 1
