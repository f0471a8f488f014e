# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The report of a drill, in Markdown for people and in JSON for programs. Pure functions, and one that writes both files."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable
from pathlib import Path

from ..moments import iso
from ..progress import minutes
from .result import Check, Measure, Result

ENDINGS = (".md", ".json")


def markdown(found: Result) -> str:
    """The page for the audit folder: verdict, figures against goals, checks, phases, and what is left."""
    parts = [
        f"# Disaster recovery drill of {_text(found.database)}: {found.state}",
        _text(found.sentence),
        _table(("", "measured", "goal", "met"), [_measure("RTO", found.rto), _measure("RPO", found.rpo)]),
        _facts(found),
        _section(
            "Checks", _table(("check", "result", "finding"), [_check(one) for one in found.checks]) if found.checks else "None was made."
        ),
        _section("Phases", _table(("phase", "time"), [(one.name, minutes(one.seconds)) for one in found.phases])) if found.phases else "",
        _section("Teardown", _teardown(found)),
        _section("Notes", _list(found.notes)) if found.notes else "",
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def as_json(found: Result) -> str:
    return json.dumps(found.as_dict(), indent=2, sort_keys=True) + "\n"


def paths(given: str) -> tuple[Path, Path]:
    """The two files of a report. ``given``: their common path, with or without one of the two endings."""
    stem = Path(given).expanduser()
    if stem.suffix in ENDINGS:
        stem = stem.with_suffix("")
    page, data = (stem.with_name(stem.name + ending) for ending in ENDINGS)
    return page, data


def write(found: Result, given: str) -> tuple[str, ...]:
    """Write both files, each at once or not at all. Returns their paths. Raises OSError."""
    written = []
    for path, content in zip(paths(given), (markdown(found), as_json(found)), strict=True):
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_name(f".{path.name}.{os.getpid()}")
        part.write_text(content, encoding="utf-8")
        part.replace(path)
        written.append(str(path))
    return tuple(written)


def _facts(found: Result) -> str:
    rows = [
        ("drill", found.drill),
        ("source", f"{found.database} ({found.resource_id}) in {found.region}" if found.resource_id else found.database),
        ("restored from", found.origin),
        ("restored as", f"{found.target} in {found.target_region}" if found.target else ""),
        ("restored to", iso(found.restored_to)),
        ("began", iso(found.began)),
        ("failure played at", iso(found.failed_at)),
        ("newest marker", f"{found.restored} of {found.written}" if found.written else ""),
    ]
    return _table(("", ""), [row for row in rows if row[1]])


def _measure(name: str, one: Measure) -> tuple[str, ...]:
    found = "not measured" if one.seconds is None else f"{one.seconds / 60:.1f} min"
    return name, found, f"{one.goal / 60:g} min", {True: "yes", False: "no", None: "-"}[one.met]


def _check(one: Check) -> tuple[str, ...]:
    return one.name, "passed" if one.passed else "failed", one.sentence


def _teardown(found: Result) -> str:
    gone = f"Deleted: {', '.join(found.torn_down)}." if found.torn_down else "There was nothing to delete."
    return f"{gone}\n\n{_list(found.left)}" if found.left else gone


def _section(title: str, content: str) -> str:
    return f"## {title}\n\n{content}"


def _list(lines: Iterable[str]) -> str:
    return "\n".join(f"- {_text(line)}" for line in lines)


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for dummy in head), *rows]
    return "\n".join(f"| {' | '.join(_text(cell) for cell in line)} |" for line in lines)


def _text(value: str) -> str:
    """Text from elsewhere, on one line, without what Markdown would take for a column, a tag, or a link."""
    return re.sub(r"([|<>\[\]`\\])", r"\\\1", " ".join(str(value).split()))
