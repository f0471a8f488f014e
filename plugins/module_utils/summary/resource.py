# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One resource, in full or on one line."""

from __future__ import annotations

import re
from collections.abc import Sequence

from .differ import decode, diff, is_scalar, is_tags, listed, scalar_spans
from .facts import inline
from .model import UNKNOWN, Action, Change
from .text import Line, Span, flow, hang, line, safe, width_of, wrap

SYMBOLS = {"create": "+", "update": "~", "replace": "-/+", "delete": "-"}
STYLES = {"create": "add", "update": "change", "replace": "replace", "delete": "remove"}
OUTCOMES = {
    "failed": ("failed", "error"),
    "not_started": ("not started", "warn"),
    "unfinished": ("started, not finished", "warn"),
    "begun": ("started, not waited for", "warn"),
    "deferred": ("not finished yet", "warn"),
}
NOT_KNOWN = re.compile(rf"(?:[a-z][a-z0-9_]*\.\S+ )?{re.escape(UNKNOWN)}")
"""An unknown value, with or without the resource it will come from."""
BODY = 6
LONGEST_NAME = 34


def head(action: Action, column: int = 0) -> list[Span]:
    """Symbol, address (padded to ``column``), and the known outcome: id, time, failure."""
    style = STYLES[action.action]
    spans: list[Span] = [(f"{SYMBOLS[action.action]:>3} ", style), (safe(action.address).ljust(column), style)]
    spans += [(f"  in {safe(action.region)}", "dim")] if action.region else []
    if action.outcome in OUTCOMES:
        text, outcome_style = OUTCOMES[action.outcome]
        spans += [("  ", ""), (text, outcome_style)]
        spans += [("; what was there is deleted", "error")] if action.deleted else []
    elif action.id:
        spans.append((f"  {safe(action.id)}", "dim"))
    if action.outcome == "done" and action.seconds is not None and action.seconds >= 0.5:
        spans.append((f"  {action.seconds:.1f} s", "dim"))
    return spans


def brief(action: Action, width: int, column: int = 0) -> list[Line]:
    """One line: the action and, for a change, its properties; held-back ones say why a pattern does not allow them."""
    spans = head(action, column)
    if action.action in ("update", "replace") and action.changes:
        names = ", ".join(change.property for change in action.changes if action.action == "update" or change.forces_replacement)
        spans.append((f"  {names or action.reason}", ""))
    elif action.outcome in ("not_started", "deferred") and action.reason:
        spans.append((f"  {safe(action.reason)}", "dim"))
    room = width - width_of(spans[:-1])
    if len(spans) > 2 and len(spans[-1][0]) > room > 12:
        spans[-1] = (spans[-1][0][: room - 3] + "...", spans[-1][1])
    return [*wrap(spans, width, BODY, SYMBOLS[action.action]), *_consent(action, width)]


def full(action: Action, width: int) -> list[Line]:
    """The resource with its properties: compact if it is created or deleted as a whole, difference by difference if it changes."""
    whole = action.action in ("create", "delete")
    body = _whole(action, width - BODY) if whole else _changes(action.changes, width - BODY)
    symbol = SYMBOLS[action.action]
    top = head(action)
    if whole and len(body) == 1 and width_of(top) + 2 + width_of(body[0].spans) <= width:
        lines = [Line((*top, ("  ", ""), *body[0].spans), symbol)]
    else:
        lines = [*wrap(top, width, BODY, symbol), *(hang([(" " * BODY, "")], body) if body else [])]
    return [*lines, *_reason(action, width), *_consent(action, width)]


def _reason(action: Action, width: int) -> list[Line]:
    reported = any(change.forces_replacement and change.property in action.reason for change in action.changes)
    if not action.reason or reported:
        return []
    label = {"replace": "replaced because", "delete": "destroyed because"}.get(action.action, "because")
    if action.outcome in OUTCOMES:
        label = "because"
    return _note([(f"{label} ", "dim")], safe(action.reason), "", width)


def _consent(action: Action, width: int) -> list[Line]:
    return _note([], safe(action.hint), "warn", width) if action.held_back and action.hint else []


def _note(label: list[Span], text: str, style: str, width: int) -> list[Line]:
    return hang([(" " * BODY, ""), *label], wrap([(text, style)], width - BODY - width_of(label)))


def _changes(changes: Sequence[Change], width: int) -> list[Line]:
    """Property by property, names aligned."""
    column = name_column([change.property for change in changes])
    lines: list[Line] = []
    for change in changes:
        value = diff(change, width - column)
        if change.forces_replacement:
            value = _appended(value, ("forces replacement", "replace"), width - column)
        lines += hang([(safe(change.property).ljust(column - 2) + "  ", "")], value)
    return [one if one.mark else Line(one.spans, "~") for one in lines] if changes else []


def _appended(lines: list[Line], remark: Span, width: int) -> list[Line]:
    last = lines[-1]
    if width_of(last.spans) + 2 + len(remark[0]) <= width:
        return [*lines[:-1], Line((*last.spans, ("  ", ""), remark), last.mark)]
    return [*lines, line(remark)]


def name_column(names: Sequence[str]) -> int:
    """Width of the column of property names, gap included."""
    return min(max((len(name) for name in names), default=0), LONGEST_NAME) + 2


def _whole(action: Action, width: int) -> list[Line]:
    """Short properties side by side, the names of unknown ones at the end, structured ones below with aligned names."""
    mark = SYMBOLS[action.action]
    own = [change for change in action.changes if change.property != "region" or not action.region]
    values = [(change.property, decode(change.after if action.action == "create" else change.before)) for change in own]
    values = [(name, value) for name, value in values if value not in (None, [], {}, ())]
    short = [(name, value) for name, value in values if is_short(name, value)]
    lines = flow([*pairs(short), *unknown_names(short)], width)
    blocks = [(name, value) for name, value in values if not is_short(name, value)]
    column = name_column([name for name, _value in blocks])
    for name, value in blocks:
        shown = tags(value, width - column) if is_tags(name) else listed(name, value, width - column, mark)
        lines += hang([(safe(name).ljust(column - 2) + "  ", "dim")], shown)
    return [one if one.mark else Line(one.spans, mark) for one in lines]


def is_short(name: str, value: object) -> bool:
    """Whether a property may share a line with others."""
    if is_tags(name):
        return False
    if is_unknown(value):
        return True
    if isinstance(value, (list, tuple)):
        return all(is_scalar(one) for one in value) and len(inline(value)) <= 60
    return is_scalar(value)


def pairs(values: Sequence[tuple[str, object]]) -> list[list[Span]]:
    """``name=value`` for every value that is known."""
    return [[(f"{safe(name)}=", "dim"), *value_spans(value)] for name, value in values if not is_unknown(value)]


def value_spans(value: object) -> list[Span]:
    """A short value; lists in brackets."""
    if isinstance(value, (list, tuple)):
        return [(f"[{inline(value)}]", "")]
    return scalar_spans(value)


def is_unknown(value: object) -> bool:
    """Whether nothing of the value is known before apply."""
    if isinstance(value, (list, tuple)):
        return bool(value) and all(is_unknown(one) for one in value)
    return isinstance(value, str) and NOT_KNOWN.fullmatch(value) is not None


def unknown_names(values: Sequence[tuple[str, object]]) -> list[list[Span]]:
    """One dimmed item that names the properties that are not known yet."""
    names = [
        f"{len(value)} {safe(name)}" if isinstance(value, (list, tuple)) and len(value) > 1 else safe(name)
        for name, value in values
        if is_unknown(value)
    ]
    return [[(f"known after apply: {', '.join(names)}", "dim")]] if names else []


def tags(value: object, width: int) -> list[Line]:
    """Tags as ``key=value`` side by side."""
    if not isinstance(value, dict):
        return listed("tags", value, width)
    return flow([[(f"{safe(str(key))}=", "dim"), *scalar_spans(value[key])] for key in sorted(value, key=str)], width)
