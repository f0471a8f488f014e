# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Styled text: spans, lines, wrapping and alignment. Independent of plans and of terminals.

A *span* is ``(text, style)``; a *line* is a tuple of spans plus its mark in a diff (``+ ~ - -/+``, or a blank for context), so that
Markdown can put the mark into the first column.

Styles: ``""`` (plain), ``add``, ``change``, ``replace``, ``remove``, ``error``, ``warn``, ``ok``, ``dim``, ``bold``.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

Span = tuple[str, str]

INSIDE_A_LINE = re.compile(r"##(?=\[|vso\[)")
"""What Azure Pipelines and GitHub's runner interpret as a command anywhere in a line: ``##[...]``, ``##vso[...]``."""


@dataclass(frozen=True)
class Line:
    """One line of output; ``mark`` is the diff symbol of the line, or an empty string."""

    spans: tuple[Span, ...] = ()
    mark: str = ""

    @property
    def text(self) -> str:
        """The line without styles and without trailing blanks."""
        return "".join(text for text, _style in self.spans).rstrip()


def line(*spans: Span | str, mark: str = "") -> Line:
    """A line of spans; a bare string is a span without style."""
    return Line(tuple((span, "") if isinstance(span, str) else span for span in spans), mark)


def width_of(spans: Iterable[Span]) -> int:
    """Number of columns that the spans occupy."""
    return sum(len(text) for text, _style in spans)


def indent(lines: Iterable[Line], columns: int) -> list[Line]:
    """The lines moved to the right; empty lines stay empty."""
    margin: Span = (" " * columns, "")
    return [replace(one, spans=(margin, *one.spans)) if one.spans else one for one in lines]


def hang(first: Sequence[Span], lines: Sequence[Line], mark: str = "") -> list[Line]:
    """``first`` before the first line, and blanks of the same width before the others."""
    if not lines:
        return [Line(tuple(first), mark)]
    blank: Span = (" " * width_of(first), "")
    head = replace(lines[0], spans=(*first, *lines[0].spans), mark=mark or lines[0].mark)
    return [head, *(replace(one, spans=(blank, *one.spans), mark=one.mark or mark) for one in lines[1:])]


def flow(items: Iterable[Sequence[Span]], width: int, separator: str = "  ") -> list[Line]:
    """Items side by side, with a line break where the next one does not fit; an item wider than ``width`` is wrapped on its own."""
    lines: list[Line] = []
    current: list[Span] = []
    for item in items:
        if current and width_of(current) + len(separator) + width_of(item) <= width:
            current += [(separator, ""), *item]
            continue
        if current:
            lines.append(Line(tuple(current)))
            current = []
        if width_of(item) <= width:
            current = list(item)
        else:
            *full, last = wrap(item, width)
            lines += full
            current = list(last.spans)
    if current:
        lines.append(Line(tuple(current)))
    return lines


def wrap(spans: Sequence[Span], width: int, hanging: int = 0, mark: str = "") -> list[Line]:
    """Styled words, wrapped at blanks; a word longer than the line is cut. Continuation lines are indented by ``hanging``."""
    width = max(width, hanging + 10)
    text = "".join(part for part, _style in spans)
    if len(text) <= width:
        return [Line(tuple(spans), mark)]
    pieces = textwrap.wrap(text, width, subsequent_indent=" " * hanging, break_on_hyphens=False, drop_whitespace=True)
    styles = [style for part, style in spans for _character in part]
    lines: list[Line] = []
    position = 0
    for number, piece in enumerate(pieces):
        body = piece[hanging:] if number else piece
        position = text.find(body, position)
        chunk = _restyle(body, styles[position : position + len(body)])
        position += len(body)
        lines.append(Line(((" " * hanging, ""), *chunk) if number and hanging else tuple(chunk), mark))
    return lines


def _restyle(text: str, styles: Sequence[str]) -> list[Span]:
    spans: list[Span] = []
    for character, style in zip(text, styles, strict=False):
        if spans and spans[-1][1] == style:
            spans[-1] = (spans[-1][0] + character, style)
        else:
            spans.append((character, style))
    return spans


def elide(text: str, limit: int) -> str:
    """The text or, if it is longer than ``limit`` characters, its beginning and end with dots between them."""
    if len(text) <= limit or limit < 8:
        return text[:limit] if limit < 8 else text
    tail = max(2, (limit - 3) // 4)
    return text[: limit - 3 - tail] + "..." + text[-tail:]


def safe(text: str) -> str:
    """Escape control characters, so that a value can neither control the terminal, break the line, nor issue a command to a CI system."""
    escaped = "".join(character if character.isprintable() else character.encode("unicode_escape").decode("ascii") for character in text)
    return INSIDE_A_LINE.sub("# #", escaped)


def harmless(lines: Iterable[Line]) -> list[Line]:
    """The lines, with a mark before each line that begins like a CI system command, because wrapping may have put a value there."""
    return [replace(one, spans=(("| ", "dim"), *one.spans)) if one.text.lstrip().startswith("::") else one for one in lines]


def columns(rows: Sequence[Sequence[Span]], gap: int = 2, right: frozenset[int] = frozenset()) -> list[Line]:
    """A table: every row has one span per column; columns in ``right`` are aligned to the right."""
    if not rows:
        return []
    widths = [max(len(row[number][0]) for row in rows) for number in range(len(rows[0]))]
    lines = []
    for row in rows:
        spans: list[Span] = []
        for number, (text, style) in enumerate(row):
            padding = " " * (widths[number] - len(text))
            spans += [(padding, ""), (text, style)] if number in right else [(text, style), (padding, "")]
            spans.append((" " * gap, ""))
        lines.append(Line(tuple(span for span in spans[:-1] if span[0])))
    return lines
