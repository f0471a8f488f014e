# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Resources of one kind that are created or deleted together, as a table: shared values appear once, differing ones have a column."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .differ import decode, is_tags, listed, scalar_spans
from .facts import inline, scalar
from .model import SENSITIVE, UNKNOWN, Action
from .resource import BODY, STYLES, SYMBOLS, full, is_short, is_unknown, pairs, unknown_names
from .text import Line, Span, columns, flow, hang, safe, width_of

FEWEST = 2
Row = dict[str, Any]


def tables(actions: Sequence[Action], width: int) -> list[Line]:
    """Resources of one kind: those with the same properties in tables, the others one by one, in order."""
    lines: list[Line] = []
    runs: list[list[Action]] = []
    for action in actions:
        if runs and _signature(runs[-1][0]) == _signature(action):
            runs[-1].append(action)
        else:
            runs.append([action])
    for run in runs:
        lines += table(run, width) or [one for action in run for one in full(action, width)]
    return lines


def _signature(action: Action) -> tuple[bool, frozenset[str]]:
    """Resources with the same signature fit into one table."""
    return _plain(action), frozenset(_row(action))


def table(actions: Sequence[Action], width: int) -> list[Line] | None:
    """The table, or None if these resources are better shown one by one (too few, too wide, too different in structure)."""
    if len(actions) < FEWEST or any(not _plain(action) for action in actions):
        return None
    rows = [_row(action) for action in actions]
    names = list(dict.fromkeys(name for row in rows for name in row))
    shared = [name for name in names if _alike([row.get(name) for row in rows])]
    differing = [name for name in names if name not in shared]
    if any(name in row and not is_short(name, row[name]) for row in rows for name in differing):
        return None
    for row in rows:
        row.update({name: UNKNOWN for name in shared if is_unknown(row[name])})
    lines = _grid(actions, rows, differing)
    if _widest(lines) > width:
        lines = _grid(actions, rows, [name for name in differing if not _is_tag(name)])
        lines = _with_tags(lines, rows, [name for name in differing if _is_tag(name)], width)
    if _widest(lines) > width:
        return None
    return [*lines, *_each([(name, rows[0][name]) for name in shared], width, SYMBOLS[actions[0].action])]


def _alike(values: Sequence[Any]) -> bool:
    """Whether this property needs no column: all values are equal, or all are unknown."""
    return all(value == values[0] for value in values) or all(is_unknown(value) for value in values)


def _widest(lines: Sequence[Line]) -> int:
    return max(width_of(one.spans) for one in lines)


def _is_tag(name: str) -> bool:
    return is_tags(name.partition(".")[0]) and "." in name


def _with_tags(lines: Sequence[Line], rows: Sequence[Row], names: Sequence[str], width: int) -> list[Line]:
    """Below every row, the tags that do not fit in it."""
    heading = len(lines) - len(rows)
    found = list(lines[:heading])
    for one, row in zip(lines[heading:], rows, strict=True):
        items = pairs([(name, row[name]) for name in names if name in row])
        found += [one, *hang([(" " * BODY, "")], flow(items, width - BODY), one.mark)]
    return found


def _each(values: Sequence[tuple[str, Any]], width: int, mark: str) -> list[Line]:
    """What all rows have in common, shown once."""
    short = [(name, value) for name, value in values if is_short(name, value)]
    lines = flow([*pairs(short), *unknown_names(short)], width - BODY - 6)
    for name, value in values:
        if not is_short(name, value):
            lines += hang([(f"{safe(name)}  ", "dim")], listed(name, value, width - BODY - 8 - len(name), mark))
    return hang([(" " * BODY + "each: ", "dim")], lines, mark) if lines else []


def _plain(action: Action) -> bool:
    """Whether the resource has nothing to show besides its properties."""
    normal = action.outcome in ("planned", "done") and not action.held_back
    return action.action in ("create", "delete") and normal and not action.reason


def _row(action: Action) -> Row:
    """Property names and values; every tag is a separate property. Unset and empty values are omitted."""
    row: Row = {"id": action.id} if action.id else {}
    for change in action.changes:
        value = decode(change.after if action.action == "create" else change.before)
        if value in (None, [], {}, ()):
            continue
        if is_tags(change.property) and isinstance(value, Mapping):
            row.update({f"{change.property}.{key}": one for key, one in value.items()})
        else:
            row[change.property] = value
    return row


def _grid(actions: Sequence[Action], rows: Sequence[Row], names: Sequence[str]) -> list[Line]:
    mark, style = SYMBOLS[actions[0].action], STYLES[actions[0].action]
    cells: list[list[Span]] = []
    if names:
        cells.append([("", ""), (f"{len(actions)} x {safe(actions[0].kind)}", "dim"), *((safe(name), "dim") for name in names)])
    for action, row in zip(actions, rows, strict=True):
        start: list[Span] = [(f"{mark:>3}", style), (safe(action.address), style)]
        cells.append([*start, *(_cell(row, name) for name in names)])
    return [Line(one.spans, mark if number or not names else "") for number, one in enumerate(_narrow(columns(cells)))]


def _narrow(lines: list[Line]) -> list[Line]:
    """Reduce the gap between symbol and address to one blank, as everywhere else; removes trailing blanks."""
    shortened = []
    for one in lines:
        spans = list(one.spans)
        gap = next(number for number, (text, _style) in enumerate(spans) if text == "  ")
        spans[gap] = (" ", "")
        while spans and not spans[-1][0].strip():
            spans.pop()
        shortened.append(Line(tuple(spans), one.mark))
    return shortened


def _cell(row: Row, name: str) -> Span:
    if name not in row:
        return ("-", "dim")
    value = row[name]
    if is_unknown(value):
        return (UNKNOWN, "dim")
    if isinstance(value, (list, tuple)):
        return (inline(value), "")
    spans = scalar_spans(value)
    return spans[0] if len(spans) == 1 else (scalar(value), "dim" if value == SENSITIVE else "")
