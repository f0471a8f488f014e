# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The summary as Markdown, for a comment on a pull request: one line with the result, then a collapsible section per component.

Resources appear in ``diff`` fences, with marks in the first column, so that forges color them. A comment may hold 65,536 characters. A
longer summary lists the resources without their properties, and is cut at whole lines if even that is too long.
"""

from __future__ import annotations

import html
import re
from collections.abc import Sequence

from .model import Component, Report
from .report import allowing, failures, notices, other_tasks, problems, resource_lines, target_text, targets
from .text import Line, harmless
from .totals import remarks, sentences, short_counts, table
from .unclaimed import unclaimed

LIMIT = 60_000
WIDTH = 110
_MARKS = {"+": "+", "-": "-", "~": "!", "-/+": "!", "!": "-"}


def as_markdown(report: Report, detail: str = "auto", limit: int = LIMIT) -> str:
    """The document; ``detail`` as for the terminal."""
    text = _document(report, detail)
    if len(text) <= limit:
        return text
    note = "_Too long for a comment: properties are left out here._"
    text = _document(report, "brief", note)
    if len(text) <= limit:
        return text
    kept = text[: limit - 100]
    kept = kept[: kept.rfind("\n")]
    fence = re.findall(r"^(`{3,})", kept, re.MULTILINE)
    closing = f"\n{fence[-1]}\n\n</details>" if len(fence) % 2 else ""
    return f"{kept}{closing}\n\n_Cut here: too long for a comment._\n"


def _document(report: Report, detail: str, note: str = "") -> str:
    said = " ".join(one.text for one in sentences(report))
    parts = [f"### {_prose(said)}" if said else "### No plan was made"]
    parts += [_prose(one.text) for one in remarks(report)]
    parts += [note] if note else []
    parts += _allowing(report)
    parts += ["\n".join(f"- {_prose(target_text(target))}" for target in targets(report))] if report.components else []
    counts, errors = table(report, WIDTH), notices(report, WIDTH) + problems(report, WIDTH) + failures(report, WIDTH)
    parts += [_fence(counts, "text")] if counts else []
    parts += [_fence(errors, "text")] if errors else []
    parts += [_fold(component, detail) for component in report.components if component.actions]
    others = other_tasks(report, WIDTH)
    parts += [_fence(others, "text")] if others else []
    lost = unclaimed(report, WIDTH)
    parts += [_fence(lost, "text")] if lost else []
    return "\n\n".join(parts) + "\n"


def _allowing(report: Report) -> list[str]:
    """How to allow what is held back; omits a command that would take up much of the space."""
    lines = allowing(report, WIDTH)
    return [_fence(lines, "text")] if lines and len(lines[0].text + lines[-1].text) <= LIMIT // 10 else []


def _fold(component: Component, detail: str) -> str:
    counts = "".join(text for text, _style in short_counts(component))
    summary = f"<b>{html.escape(component.title)}</b>: {html.escape(counts)}"
    lines = resource_lines(component, WIDTH, detail)
    body = _fence(lines[1:] if lines and not lines[0].spans else lines, "diff")
    return f"<details><summary>{summary}</summary>\n\n{body}\n\n</details>"


def _fence(lines: Sequence[Line], language: str) -> str:
    rows = [_marked(one) if language == "diff" else one.text for one in harmless(lines)]
    longest = max((len(run) for row in rows for run in re.findall("`+", row)), default=0)
    fence = "`" * max(3, longest + 1)
    return "\n".join([f"{fence}{language}", *rows, fence])


def _marked(one: Line) -> str:
    """The line with its mark in the first column; blanks replace the mark within the text."""
    text, first = one.text, _MARKS.get(one.mark, " ")
    if one.mark.strip():
        anywhere = r"^ *| {2}" if one.mark in ("+", "-") else r"^ *"
        text = re.sub(rf"({anywhere}){re.escape(one.mark)} ", lambda found: " " * len(found[0]), text, count=1)
    return f"{first}{text[1:] if text.startswith('  ') else ' ' + text}".rstrip()


def _prose(text: str) -> str:
    """Text escaped so that Markdown shows it literally."""
    return re.sub(r"([\\`*_\[\]<>#|~@])", r"\\\1", text)
