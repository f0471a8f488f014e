# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The difference between two values of one property, as lines.

Every function takes the width available for the value and returns lines without indentation; the caller puts the property's name in front.
Lists are compared without regard to order unless only the order changes.
"""

from __future__ import annotations

import difflib
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from .facts import Fact, fact, scalar, statements
from .model import SENSITIVE, UNKNOWN, Change
from .text import Line, Span, elide, flow, hang, line, safe, width_of, wrap

LONGEST = 400
STYLES = {"+": "add", "-": "remove", "~": "change"}


def decode(value: Any) -> Any:
    """Decode JSON documents passed as text, so that they are compared as data."""
    if isinstance(value, str) and value[:1] in "{[" and value[-1:] in "}]" and len(value) > 2:
        try:
            return json.loads(value)
        except ValueError:
            return value
    return value


def is_scalar(value: Any) -> bool:
    """Whether the value naturally fits on a line: not a mapping, a list or text of several lines."""
    return not isinstance(value, (Mapping, list, tuple)) and not (isinstance(value, str) and "\n" in value.strip())


def scalar_spans(value: Any, style: str = "") -> list[Span]:
    """A scalar, elided if very long; unknown, unset and secret values are dimmed."""
    text = elide(scalar(value), LONGEST)
    if value is None or text == SENSITIVE:
        return [(text, "dim")]
    spans: list[Span] = []
    for number, part in enumerate(text.split(UNKNOWN)):
        spans += [(UNKNOWN, "dim")] if number else []
        spans += [(part, style)] if part else []
    return spans


def diff(change: Change, width: int) -> list[Line]:
    """The lines that show how one property changes."""
    before, after = decode(change.before), decode(change.after)
    if change.sensitive:
        return [line((f"{SENSITIVE} {_set_or_not(before, after)}", "dim"))]
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        return diff_mapping(change.property, before, after, width)
    if _list_or_nothing(before) and _list_or_nothing(after):
        return diff_list(change.property, before or (), after or (), width)
    if isinstance(before, str) and isinstance(after, str) and "\n" in before.strip() + after.strip():
        return diff_text(before, after, width)
    return diff_scalar(before, after, width)


def _set_or_not(before: Any, after: Any) -> str:
    if before is None:
        return "is set"
    return "is removed" if after is None else "changes"


def _list_or_nothing(value: Any) -> bool:
    return value is None or isinstance(value, (list, tuple))


def diff_scalar(before: Any, after: Any, width: int) -> list[Line]:
    """``a -> b`` if it fits, else the old value above the new one."""
    old, new = scalar_spans(before, "remove"), scalar_spans(after, "add")
    joined = [*old, (" -> ", "dim"), *new]
    if width_of(joined) <= width:
        return [Line(tuple(joined))]
    return [*_marked("-", old, width), *_marked("+", new, width)]


def _marked(mark: str, spans: Sequence[Span], width: int) -> list[Line]:
    return hang([(f"{mark} ", STYLES[mark])], wrap(spans, width - 2), mark)


def diff_text(before: str, after: str, width: int) -> list[Line]:
    """A unified diff with two lines of context and without file names; dots separate hunks."""
    lines: list[Line] = []
    rows = difflib.unified_diff(before.splitlines(), after.splitlines(), lineterm="", n=2)
    for number, row in enumerate(list(rows)[2:]):
        if row.startswith("@@"):
            lines += [line(("...", "dim"))] if number else []
        else:
            lines.append(line((elide(f"{row[0]} {safe(row[1:])}", width), STYLES.get(row[0], "dim")), mark=row[0]))
    return lines or [line(("only trailing white space changes", "dim"))]


def diff_mapping(name: str, before: Mapping[str, Any], after: Mapping[str, Any], width: int) -> list[Line]:
    """Tags on one line, policies by statement and path, other mappings key by key."""
    if is_tags(name):
        return flow(_tag_changes(before, after), width)
    if statements(before) is not None and statements(after) is not None:
        return diff_policy(before, after, width)
    lines: list[Line] = []
    for key in sorted({*before, *after}, key=str):
        if key in before and key in after and before[key] == after[key]:
            continue
        lines += _entry(name, key, before, after, width)
    return lines or [line(("(no visible change)", "dim"))]


def is_tags(name: str) -> bool:
    """Whether a property is a mapping of tags, which are shown in the most compact form."""
    return name == "tags" or name.endswith("_tags")


def _tag_changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[list[Span]]:
    items: list[list[Span]] = []
    for key in sorted({*before, *after}, key=str):
        label = safe(str(key))
        if key not in before:
            items.append([(f"+ {label}=", "add"), *scalar_spans(after[key], "add")])
        elif key not in after:
            items.append([(f"- {label}=", "remove"), *scalar_spans(before[key], "remove")])
        elif before[key] != after[key]:
            old, new = scalar_spans(before[key], "remove"), scalar_spans(after[key], "add")
            items.append([(f"~ {label}=", "change"), *old, (" -> ", "dim"), *new])
    return items


def _entry(name: str, key: Any, before: Mapping[str, Any], after: Mapping[str, Any], width: int) -> list[Line]:
    """The lines of one changed key of a mapping; an added or removed key is shown with its whole value."""
    label, colon = str(key), " via " if name == "routes" else ": "
    room = width - len(label) - len(colon) - 2
    if key in before and key in after:
        if is_scalar(before[key]) and is_scalar(after[key]):
            return hang([(f"~ {safe(label)}{colon}", "change")], diff_scalar(before[key], after[key], room), "~")
        inner = diff(Change(label, before[key], after[key]), width - 2)
        return [line((f"~ {safe(label)}", "change"), mark="~"), *hang([("  ", "")], inner)]
    mark, value = ("+", after[key]) if key in after else ("-", before[key])
    style = STYLES[mark]
    if is_scalar(value):
        return hang([(f"{mark} {safe(label)}{colon}", style)], wrap(scalar_spans(value, style), room), mark)
    return [line((f"{mark} {safe(label)}", style), mark=mark), *hang([("  ", "")], listed(label, value, width - 2, mark))]


def diff_policy(before: Mapping[str, Any], after: Mapping[str, Any], width: int) -> list[Line]:
    """Two IAM policy documents: statements are matched by Sid, whole ones shown as sentences, changed ones by path."""
    lines: list[Line] = []
    for key in sorted({*before, *after} - {"Statement"}, key=str):
        if before.get(key) != after.get(key):
            lines += hang([(f"{key}: ", "change")], diff_scalar(before.get(key), after.get(key), width - len(key) - 2))
    old, new = list(statements(before) or ()), list(statements(after) or ())
    gone = [one for one in old if one not in new]
    fresh = [one for one in new if one not in old]
    for one in list(gone):
        partner = _same_statement(one, fresh, alone=len(gone) == 1 and len(fresh) == 1)
        if partner is not None:
            gone.remove(one)
            fresh.remove(partner)
            label = f"Statement[{one.get('Sid') or old.index(one)}]"
            for path, left, right in _paths(one, partner, label):
                lines += _path_change(path, left, right, width)
    for mark, group in (("-", gone), ("+", fresh)):
        for one in group:
            lines += _fact_lines(fact("Statement", one), mark, width, 0)
    return lines or [line(("only the order of statements changes", "dim"))]


def _same_statement(one: Mapping[str, Any], candidates: Sequence[Mapping[str, Any]], alone: bool) -> Mapping[str, Any] | None:
    if one.get("Sid"):
        return next((other for other in candidates if other.get("Sid") == one["Sid"]), None)
    return candidates[0] if alone and not candidates[0].get("Sid") else None


def _paths(before: Any, after: Any, path: str) -> list[tuple[str, Any, Any]]:
    """The deepest places that differ: the path and both values; lists are leaves."""
    if not (isinstance(before, Mapping) and isinstance(after, Mapping)):
        return [(path, before, after)]
    found: list[tuple[str, Any, Any]] = []
    for key in sorted({*before, *after}, key=str):
        if before.get(key) != after.get(key):
            found += _paths(before.get(key), after.get(key), f"{path}.{safe(str(key))}")
    return found


def _path_change(path: str, before: Any, after: Any, width: int) -> list[Line]:
    if isinstance(before, (list, tuple)) or isinstance(after, (list, tuple)):
        body = diff_list(path, _as_list(before), _as_list(after), width - 2)
    elif isinstance(before, Mapping) or isinstance(after, Mapping):
        marked = (("-", before), ("+", after))
        body = [one for mark, value in marked if value is not None for one in listed(path, value, width - 2, mark)]
    else:
        body = diff_scalar(before, after, width - 2)
    if len(body) == 1 and len(path) + 2 + width_of(body[0].spans) <= width:
        return hang([(f"{path}  ", "")], body)
    return [*wrap([(path, "")], width), *hang([("  ", "")], body)]


def _as_list(value: Any) -> Sequence[Any]:
    if value is None:
        return ()
    return value if isinstance(value, (list, tuple)) else (value,)


def diff_list(name: str, before: Sequence[Any], after: Sequence[Any], width: int) -> list[Line]:
    """Items that are added, removed or changed (items with the same identity); says so when only the order differs."""
    gone, fresh = _without(before, after), _without(after, before)
    rows: list[tuple[str, Fact, Fact | None]] = []
    for item in gone:
        old = fact(name, item)
        partner = next((one for one in fresh if old.identity and fact(name, one).identity == old.identity), None)
        if partner is not None:
            fresh.remove(partner)
            rows.append(("~", old, fact(name, partner)))
        else:
            rows.append(("-", old, None))
    rows += [("+", fact(name, item), None) for item in fresh]
    rows = _counted(rows)
    if not rows:
        return [line(("only the order changes: ", "dim"), (", ".join(fact(name, item).text for item in after), ""))]
    aligned = min(max((len(one.text) for _mark, one, _new in rows), default=0), width // 2)
    return [found for mark, old, new in rows for found in _row_lines(mark, old, new, width, aligned)]


def _counted(rows: list[tuple[str, Fact, Fact | None]]) -> list[tuple[str, Fact, Fact | None]]:
    """Merge identical rows (mostly several unknown items) into one with a count."""
    numbers: dict[tuple[str, Fact, Fact | None], int] = {}
    for row in rows:
        numbers[row] = numbers.get(row, 0) + 1
    return [(mark, replace(one, text=f"{number} x {one.text}") if number > 1 else one, new) for (mark, one, new), number in numbers.items()]


def _without(items: Sequence[Any], others: Sequence[Any]) -> list[Any]:
    """The items that are not among the others, duplicates counted."""
    rest = list(others)
    kept = []
    for item in items:
        if item in rest:
            rest.remove(item)
        else:
            kept.append(item)
    return kept


def _row_lines(mark: str, old: Fact, new: Fact | None, width: int, aligned: int) -> list[Line]:
    if new is None:
        return _fact_lines(old, mark, width, aligned)
    if old.text == new.text:
        remarks: list[Span] = [(old.remark or '""', "remove"), (" -> ", "dim"), (new.remark or '""', "add")]
        spans: list[Span] = [(old.text.ljust(aligned) + "  ", ""), *remarks]
    else:
        same = _common_start(old.text, new.text)
        spans = [(old.text[:same], ""), (old.text[same:], "remove"), (" -> ", "dim"), (new.text[same:], "add")]
    return hang([("~ ", "change")], wrap(spans, width - 2, hanging=2), "~")


def _common_start(one: str, other: str) -> int:
    """Length of the leading words that both texts share, so that a changed item does not repeat them; 0 if either text would be empty."""
    left, right, length = one.split(" "), other.split(" "), 0
    for first, second in zip(left[:-1], right[:-1], strict=False):
        if first != second:
            break
        length += len(first) + 1
    return length


def _fact_lines(one: Fact, mark: str, width: int, aligned: int) -> list[Line]:
    style = STYLES.get(mark, "")
    spans = scalar_spans(None) if not one.text else _unknown_dimmed(one.text, style)
    if one.remark:
        spans = [*spans, (" " * (max(0, aligned - len(one.text)) + 2), ""), (one.remark, "dim")]
    return hang([(f"{mark} ", style)] if mark else [], wrap(spans, width - 2, hanging=2), mark)


def _unknown_dimmed(text: str, style: str) -> list[Span]:
    spans: list[Span] = []
    for number, part in enumerate(text.split(UNKNOWN)):
        spans += [(UNKNOWN, "dim")] if number else []
        spans += [(part, style)] if part else []
    return spans


def listed(name: str, value: Any, width: int, mark: str = "") -> list[Line]:
    """A whole structured value that is added (``+``) or removed (``-``): one fact per line."""
    value = decode(value)
    found = statements(value)
    if found is not None:
        return [one for item in found for one in _fact_lines(fact("Statement", item), mark, width, 0)]
    if isinstance(value, Mapping):
        other = {**value} if mark == "-" else {}
        return diff_mapping(name, other, {} if mark == "-" else value, width) if value else [line("(none)")]
    if isinstance(value, (list, tuple)):
        return diff_list(name, value if mark == "-" else (), () if mark == "-" else value, width) if value else [line("(none)")]
    style = STYLES.get(mark, "")
    if isinstance(value, str) and "\n" in value.strip():
        rows = value.splitlines()
        shown = [line((elide(safe(row), width), style), mark=mark) for row in rows[:8]]
        return shown + ([line((f"({len(rows) - 8} more lines)", "dim"))] if len(rows) > 8 else [])
    return wrap(scalar_spans(value, style), width)
