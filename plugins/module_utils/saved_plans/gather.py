# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Combines the parts that the modules of a run left in a folder into the requested files. The callback runs this after the run is over."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

from ..summary.files import write_atomically
from ..summary.totals import plural
from .plan_file import as_text, make_book

SUFFIX = ".plan"


def gather(folder: Path, failed: Collection[str], made_at: str, interrupted: bool = False) -> list[tuple[str, bool]]:
    """Write a file for each requested path. Returns one (sentence, error) pair per path: what was written, or (with True) why not."""
    found: dict[str, list[Mapping[str, Any]]] = {}
    for path in sorted(folder.glob(f"*{SUFFIX}")):
        entry = json.loads(path.read_text(encoding="utf-8"))
        found.setdefault(entry["path"], []).append(entry)
    return [_write(path, entries, failed, made_at, interrupted) for path, entries in sorted(found.items())]


def _write(path: str, entries: Sequence[Mapping[str, Any]], failed: Collection[str], made_at: str, interrupted: bool) -> tuple[str, bool]:
    missing = sorted({entry["host"] for entry in entries if entry["part"] is None} | set(failed))
    if missing or interrupted:
        why = "the run was interrupted" if interrupted else f"there is no complete plan of {', '.join(missing)}"
        stale = " The file of that name is from an earlier run." if Path(path).exists() else ""
        return f"No plan was saved in {path}: {why}.{stale}", True
    try:
        write_atomically(path, as_text(make_book([entry["part"] for entry in entries], made_at)))
    except OSError as error:
        return f"The plan could not be saved in {path}: {error.strerror or error}", True
    return f"Saved the plan of {plural(len(entries), 'component')} in {path}. To apply it: --extra-vars platform_plan={path}", False
