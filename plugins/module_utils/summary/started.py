# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""How a run was started, and the command that starts it again with extra variables: without check mode, quoted for a POSIX shell."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

STARTED_BY = "MAINSTAY_STARTED_BY"
"""Environment variable in which a program that starts ansible-playbook says what to type instead: JSON, {command, arguments}.

``command`` is a make command with ``{}`` in place of the value of ARGS; ``arguments`` is the value that ARGS had.
"""

FLAGS = "CDJKbhkv"
"""Short options of ansible-playbook that take no value."""
LONG_CHECK = frozenset({"--check", "--chec", "--che", "--ch", "--diff", "--dif", "--di", "--d"})
SHORT = re.compile(rf"-([{FLAGS}]*)(?:e(.*))?", re.DOTALL)
UNCLEAR = re.compile(rf"-[{FLAGS}]*[CD][{FLAGS}]*[A-Za-z].*", re.DOTALL)
"""Check mode combined in one word with an option that takes a value."""
HARMLESS = ("destroy", "component")
"""Variables of our playbooks that hold no secret, besides platform_*."""
CONSENT = frozenset({"platform_allow_replace", "platform_purge"})

FULL = "to allow all of this, and nothing else:"
PART = "to allow all of this, and nothing else, add to the command (without --check):"
OF_A_PLAN = "to allow all of this, and nothing else, add to the command that makes the plan:"


@dataclass(frozen=True)
class Started:
    """``command``: the program as a user would type it, or a make command with ``{}``. Empty if unknown."""

    command: str = ""
    arguments: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Word:
    """One option or argument: its words, its words without check mode, and the variables that it sets on the command line itself."""

    words: tuple[str, ...] = ()
    variables: frozenset[str] | None = None
    check: bool = False


def started_here(argv: Sequence[str], environment: Mapping[str, str]) -> Started:
    """How this process was started."""
    try:
        reported = json.loads(environment[STARTED_BY])
        return Started(str(reported["command"]), tuple(map(str, reported["arguments"])))
    except (KeyError, TypeError, ValueError):
        program = Path(argv[0]) if argv else Path()
    return Started(_typed(program), tuple(argv[1:])) if program.name == "ansible-playbook" else Started()


def _typed(program: Path) -> str:
    """A program by its name if the shell finds it, otherwise by its path, which is relative if below the working directory."""
    if (found := shutil.which(program.name)) and Path(found).absolute() == program.absolute():
        return program.name
    path = program.absolute()
    return os.path.relpath(path) if path.is_relative_to(Path.cwd()) else str(path)


def with_variables(started: Started, value: str) -> tuple[str, str]:
    """(what to do with it, text) of the command that also sets these variables (JSON).

    A command with variables that may be secret is not repeated: summaries are stored and sent to forges. Applying a saved plan needs a new
    plan.
    """
    added = ["--extra-vars", value]
    words = list(_words(started.arguments))
    names = frozenset(name for word in words for name in word.variables or ())
    if not started.command or ("platform_plan" in names and "{}" not in started.command):
        return OF_A_PLAN, shlex.join(added)
    secret = any(not name.startswith("platform_") and name not in HARMLESS for name in names)
    if secret or any(UNCLEAR.fullmatch(word.words[0]) for word in words if not word.check):
        return PART, shlex.join(added)
    keep_check = "platform_plan_out" in names
    earlier = [word for word in words if not (word.variables and word.variables <= CONSENT)]
    kept = [text for word in earlier if keep_check or not word.check for text in word.words] + added
    if "{}" in started.command:  # make passes ARGS to another shell
        return FULL, started.command.replace("{}", shlex.quote(shlex.join(kept).replace("$", "$$")))
    return FULL, shlex.join([started.command, *kept])


def _words(arguments: Sequence[str]) -> Iterator[_Word]:
    rest = list(arguments)
    while rest:
        word = rest.pop(0)
        short = SHORT.fullmatch(word) if len(word) > 1 and not word.startswith("--") else None
        name, equals, value = word.partition("=")
        if word in LONG_CHECK:
            yield _Word((word,), check=True)
        elif short:
            yield from _flags(short[1])
            if short[2] is not None:
                given = short[2] or (rest.pop(0) if rest else "")
                yield _Word(("-e", given), _variables(given))
        elif len(name) > 2 and "--extra-vars".startswith(name):
            given = value if equals else (rest.pop(0) if rest else "")
            yield _Word(("--extra-vars", given), _variables(given))
        else:
            yield _Word((word,))


def _flags(letters: str) -> Iterator[_Word]:
    check = "".join(letter for letter in letters if letter in "CD")
    others = "".join(letter for letter in letters if letter not in "CD")
    if check:
        yield _Word((f"-{check}",), check=True)
    if others:
        yield _Word((f"-{others}",))


def _variables(given: str) -> frozenset[str]:
    """The names of the variables that a value of --extra-vars sets, as far as they can be read here; ``?`` for the rest."""
    if given.startswith("@"):
        return frozenset()
    try:
        if given.lstrip().startswith("{"):
            return frozenset(map(str, json.loads(given)))
        return frozenset(pair.partition("=")[0] if "=" in pair else "?" for pair in shlex.split(given))
    except ValueError:
        return frozenset({"?"})
