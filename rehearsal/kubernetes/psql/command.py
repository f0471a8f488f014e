"""psql's command line, also inside `sh -c`, as values."""

from __future__ import annotations

import posixpath
import re
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

SHELLS = ("sh", "bash", "ash", "dash")
# Options with a value that does not matter here, and flags.
VALUES = {"F": "field-separator", "R": "record-separator", "L": "log-file", "o": "output", "P": "pset", "T": "table-attr"}
NAMED = {"f": "file", "c": "command", "v": "variable", "d": "dbname", "h": "host", "p": "port", "U": "username", **VALUES}
SET = ("variable", "set")
FLAGS = "aAbeEnqsStVwWxXz01lH"
ASSIGNMENT = re.compile(r"[A-Za-z_]\w*=")
EXPANDED = re.compile(r"\$\{([A-Za-z_]\w*)(?::?-([^}]*))?\}|\$([A-Za-z_]\w*)")


class Misused(Exception):
    """psql or the shell would refuse this command line; the message is theirs."""


@dataclass
class Psql:
    """`actions`: ("file" or "command", text) in order. `database`: a name, a connection string, or ""."""

    actions: list[tuple[str, str]] = field(default_factory=list)
    variables: dict[str, str] = field(default_factory=dict)
    options: dict[str, str] = field(default_factory=dict)
    database: str = ""
    single_transaction: bool = False
    quiet: bool = False
    tuples_only: bool = False


def runs_psql(words: Sequence[str]) -> bool:
    """Whether a container's command is psql, or a shell's script that calls it. The stages of pods decide the same in jq."""
    return re.search(r"(^|[ /;&(\"'\n])psql( |$)", " ".join(words)) is not None


def calls(words: Sequence[str], environment: Mapping[str, str]) -> list[Psql]:
    """The calls of psql, one after the other. Other commands of a script (`set -e`, `echo`) do nothing. Raises Misused."""
    if posixpath.basename(words[0]) not in SHELLS:
        return [parsed(words[1:])]
    script = next((words[index + 1] for index, word in enumerate(words[:-1]) if re.fullmatch(r"-[a-z]*c", word)), "")
    found = []
    for line in re.split(r"&&|;|\n", script.replace("\\\n", " ")):
        try:
            pieces = shlex.split(_expanded(line, environment), comments=True)
        except ValueError as error:
            raise Misused(f"{words[0]}: syntax error: {error}") from None
        command = next((index for index, piece in enumerate(pieces) if piece != "exec" and not ASSIGNMENT.match(piece)), None)
        if command is not None and posixpath.basename(pieces[command]) == "psql":
            one = parsed(pieces[command + 1 :])
            for assignment in [piece for piece in pieces[:command] if piece != "exec"]:
                name, _, value = assignment.partition("=")
                one.options[f"env:{name}"] = value
            found.append(one)
    return found


def _expanded(line: str, environment: Mapping[str, str]) -> str:
    """Variables outside single quotes; a value stays one word, as inside double quotes."""
    parts = line.split("'")
    for index in range(0, len(parts), 2):
        parts[index] = EXPANDED.sub(lambda match: _escaped(environment.get(match[1] or match[3], match[2] or "")), parts[index])
    return "'".join(parts)


def _escaped(value: str) -> str:
    return re.sub(r'(["\\$`])', r"\\\1", value)


def parsed(words: Sequence[str]) -> Psql:
    found, positional, rest = Psql(), [], list(words)
    while rest:
        word = rest.pop(0)
        if word == "--":
            positional += rest
            break
        if word.startswith("--"):
            name, equals, value = word[2:].partition("=")
            _long(found, name, value if equals else None, rest)
        elif word.startswith("-") and len(word) > 1:
            _short(found, word[1:], rest)
        else:
            positional.append(word)
    if positional and not found.database:
        found.database = positional.pop(0)
    if positional:
        found.options.setdefault("username", positional.pop(0))
    return found


def _long(found: Psql, name: str, value: str | None, rest: list[str]) -> None:
    if name in (*NAMED.values(), *SET):
        if value is None and not rest:
            raise Misused(f"psql: option '--{name}' requires an argument")
        _set(found, name, rest.pop(0) if value is None else value)
    elif name == "single-transaction":
        found.single_transaction = True
    elif name == "quiet":
        found.quiet = True
    elif name == "tuples-only":
        found.tuples_only = True


def _short(found: Psql, letters: str, rest: list[str]) -> None:
    while letters:
        letter, letters = letters[0], letters[1:]
        if letter in NAMED:
            if not letters and not rest:
                raise Misused(f"psql: option requires an argument -- '{letter}'")
            _set(found, NAMED[letter], letters or rest.pop(0))
            return
        if letter not in FLAGS:
            raise Misused(f"psql: invalid option -- '{letter}'")
        found.single_transaction |= letter == "1"
        found.quiet |= letter == "q"
        found.tuples_only |= letter == "t"


def _set(found: Psql, name: str, value: str) -> None:
    if name in ("file", "command"):
        found.actions.append((name, value))
    elif name in SET:
        key, _, text = value.partition("=")
        found.variables[key] = text
    elif name == "dbname":
        found.database = value
    else:
        found.options[name] = value
