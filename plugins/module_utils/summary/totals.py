# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Counts, and the sentences and the table that report the result."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields, replace

from .model import VERBS, Action, Component, Report
from .text import Line, Span, columns, line, safe, width_of


@dataclass(frozen=True)
class Totals:
    """Numbers of resources. ``create`` to ``delete`` count what is planned (check mode) or done (otherwise), never what was not allowed.

    ``deferred``: pending resources that were not waited for, and those that depend on them. ``held_back``: everything that was not allowed;
    ``blocked``: the replacements among it, which keep an apply from changing anything in their component. ``delete`` includes the
    resources that a replacement has deleted without finishing.
    """

    create: int = 0
    update: int = 0
    replace: int = 0
    delete: int = 0
    unchanged: int = 0
    failed: int = 0
    not_started: int = 0
    unfinished: int = 0
    held_back: int = 0
    deferred: int = 0
    blocked: int = 0

    @property
    def kept(self) -> int:
        """Deletions without consent: an apply skips them and does the rest."""
        return self.held_back - self.blocked

    @property
    def changing(self) -> int:
        """Everything that is planned or done."""
        return self.create + self.update + self.replace + self.delete


COLUMNS = (
    ("create", "add", "add"),
    ("update", "change", "change"),
    ("replace", "replace", "replace"),
    ("delete", "destroy", "remove"),
    ("unchanged", "unchanged", ""),
    ("failed", "failed", "error"),
    ("not_started", "not started", "warn"),
    ("deferred", "not waited for", "warn"),
    ("blocked", "blocked", "error"),
    ("kept", "held back", "warn"),
)


def totals(component: Component) -> Totals:
    """The counts of one component."""
    counts = dict.fromkeys((one.name for one in fields(Totals)), 0)
    counts["unchanged"] = component.unchanged
    for action in component.actions:
        counts[_column(action, component.check_mode)] += 1
        if action.blocks:
            counts["blocked"] += 1
        if action.deleted and action.outcome != "done":
            counts["delete"] += 1
    return Totals(**counts)


def _column(action: Action, check_mode: bool) -> str:
    """The count that an action belongs to."""
    if action.held_back:
        return "held_back"
    if action.deferred:
        return "deferred"
    if action.outcome in ("failed", "not_started", "unfinished"):
        return action.outcome
    if action.action in VERBS and (action.outcome == "done" or check_mode):
        return action.action
    return "not_started"


def total(components: Iterable[Component]) -> Totals:
    """The counts of several components."""
    each = [totals(component) for component in components]
    return Totals(**{one.name: sum(getattr(count, one.name) for count in each) for one in fields(Totals)})


def duration(seconds: float) -> str:
    """``0.4 s``, ``12 s``, ``3 min 20 s``, ``1 h 5 min``."""
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    minutes, rest = divmod(whole, 60)
    return f"{minutes} min {rest} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"


def plural(number: int, noun: str) -> str:
    """``1 task``, ``2 tasks``."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def short_counts(component: Component) -> list[Span]:
    """The counts in a component's heading: first, whether an apply would change nothing, then all nonzero counts."""
    count, check_mode = totals(component), component.check_mode
    words = ("to add", "to change", "to replace", "to destroy") if check_mode else ("added", "changed", "replaced", "destroyed")
    labels = (*words, "unchanged", "failed", "not started", "not waited for", "to replace without consent", "held back")
    spans: list[Span] = []
    for (name, _title, style), label in zip(COLUMNS, labels, strict=True):
        if number := getattr(count, name):
            spans += [(", ", "")] if spans else []
            spans.append((f"{number} {label}", style))
    return [*([("BLOCKED: ", "error")] if component.blocked else []), *(spans or [("nothing here", "dim")])]


def verdict(report: Report) -> list[Line]:
    """Remarks that qualify the result, then the result as the last line; two such lines if the run mixed check mode and real work."""
    return [*remarks(report), *sentences(report)]


def remarks(report: Report) -> list[Line]:
    """What the result leaves out: other tasks, what was not allowed, what failed."""
    planned, ran = report.in_mode(True), report.in_mode(False)
    stopped = [note for note in report.failed if not note.rescued]
    errors = sum(len(component.errors) for component in planned) + sum(note.check_mode for note in stopped)
    elsewhere = sum(not note.check_mode for note in stopped)
    others = sum(note.count for note in report.changed)
    held, left = total(report.components).kept, total(ran)
    lines = [line(f"{safe(one.title)}: {safe(one.note)}.") for one in report.components if one.note]
    if others:
        lines.append(line(f"{plural(others, 'other task')} changed something too, see above."))
    if held:
        lines.append(
            line((f"{plural(held, 'deletion')} held back, see above: an apply leaves {'it' if held == 1 else 'them'} out.", "warn"))
        )
    if problems := sum(len(component.problems) for component in planned):
        lines.append(line((f"{plural(problems, 'problem')} that may block an apply, see above.", "warn")))
    lines += [_blocked(one) for one in planned if one.blocked]
    lines += [_failing(one) for one in report.components if one.failed_on]
    if errors:
        lines.append(line((f"The plan is incomplete: {plural(errors, 'error')}, see above.", "error")))
    if elsewhere:
        lines.append(line((f"{plural(elsewhere, 'task')} failed without a plan, see above.", "error")))
    if left.deferred:
        lines.append(line((f"{left.deferred} not waited for, or waiting for one of these. ", "warn"), "Run again to finish them."))
    if left.failed or left.not_started or left.unfinished:
        begun = f"{left.unfinished} started but not finished, " if left.unfinished else ""
        text = f"{left.failed} failed, {begun}{left.not_started} not started. "
        lines.append(line((text, "error"), "Fix the cause and run again: finished changes are kept."))
    return lines


def _blocked(component: Component) -> Line:
    """Why an apply would change nothing in a component."""
    number = totals(component).blocked
    until = f"until {plural(number, 'replacement')} in it {'is' if number == 1 else 'are'} allowed or no longer needed"
    until = until if number else "until the problem above is solved"
    return line((f"{safe(component.title)} is blocked: an apply changes nothing in it {until}.", "error"))


def _failing(component: Component) -> Line:
    """Why the task of a component failed although its plan is complete."""
    why = "it is blocked" if component.failed_on == "blocked" or component.blocked else "it has changes"
    return line((f"{safe(component.title)} fails this run, because platform_fail_on is {component.failed_on} and {why}.", "error"))


def sentences(report: Report) -> list[Line]:
    """``Plan: ...`` for components in check mode, ``Done: ...`` (or ``Stopped: ...``) for the others."""
    planned, ran = report.in_mode(True), report.in_mode(False)
    return [*([_planned(report, planned)] if planned else []), *([_ran(report, ran)] if ran else [])]


def _calls(components: Sequence[Component]) -> str:
    return plural(sum(one.reads + one.writes for one in components), "API call")


def _planned(report: Report, components: Sequence[Component]) -> Line:
    count, blocked = total(components), [one for one in components if one.blocked]
    if not (count.changing or count.held_back or blocked or _in_trouble(report, components)):
        cost = f" ({_calls(components)})" if any(one.reads for one in components) else ""
        return line(("No changes. ", "ok"), f"{plural(count.unchanged, 'resource')} as described{cost}.")
    words = ("to add", "to change", "to replace", "to destroy")
    plan = _sentence("Plan: ", total(one for one in components if not one.blocked), words, ".")
    if not blocked:
        return plan
    stuck = total(blocked)
    stuck = replace(stuck, replace=stuck.replace + stuck.blocked)
    return line(*plan.spans, *_sentence(" Blocked: ", stuck, words, ".").spans)


def _ran(report: Report, components: Sequence[Component]) -> Line:
    count = total(components)
    trouble = _in_trouble(report, components)
    tail = f" in {duration(report.seconds)} ({_calls(components)})."
    if not (count.changing or count.held_back or count.deferred or trouble):
        return line(("No changes. ", "ok"), f"{plural(count.unchanged, 'resource')} as described{tail}")
    words = ("added", "changed", "replaced", "destroyed")
    return _sentence("Stopped: " if trouble else "Done: ", count, words, f", {count.unchanged} unchanged{tail}")


def _in_trouble(report: Report, components: Sequence[Component]) -> bool:
    """Whether something in this mode failed, with a plan or (unless rescued) without one."""
    mode = components[0].check_mode
    stopped = any(note.check_mode is mode and not note.rescued for note in report.failed)
    count = total(components)
    return bool(stopped or count.failed or count.not_started or count.unfinished or any(component.errors for component in components))


def _sentence(start: str, count: Totals, words: Sequence[str], end: str) -> Line:
    spans: list[Span] = [(start, "bold")]
    for number, (verb, word) in enumerate(zip(VERBS, words, strict=True)):
        amount = getattr(count, verb)
        spans += [(", ", "")] if number else []
        spans.append((f"{amount} {word}", COLUMNS[number][2] if amount else ""))
    return line(*spans, end)


def table(report: Report, width: int) -> list[Line]:
    """Totals by component. Empty for fewer than two components, since the heading already has the counts. Omits calls and time if space is
    short.
    """
    if len(report.components) < 2:
        return []
    counts = [totals(component) for component in report.components]
    shown = [one for one in COLUMNS if one[0] in VERBS or any(getattr(count, one[0]) for count in counts)]
    titles = ["component", *(title for _name, title, _style in shown), "time", "calls"]
    rows: list[list[Span]] = [[(title, "dim") for title in titles]]
    mixed = len({component.check_mode for component in report.components}) > 1
    for component, count in zip(report.components, counts, strict=True):
        name = safe(component.title) + (" (check)" if mixed and component.check_mode else "")
        spent = duration(component.task_seconds or component.seconds)
        rows.append([(name, ""), *_cells(count, shown), (spent, ""), (_sum([component]), "")])
    for title, components in _sums(report, mixed):
        rows.append([(title, "bold"), *_cells(total(components), shown), (duration(report.seconds), ""), (_sum(components), "")])
    known = any(one.reads for one in report.components)
    for dropped in (0, 1, 2) if known else (2,):
        lines = columns([row[: len(row) - dropped] for row in rows], right=frozenset(range(1, len(titles))))
        if all(width_of(one.spans) <= width for one in lines):
            break
    return lines


def _sums(report: Report, mixed: bool) -> list[tuple[str, Sequence[Component]]]:
    """The rows of sums. Planned and done are never added together."""
    return [("planned", report.in_mode(True)), ("done", report.in_mode(False))] if mixed else [("total", report.components)]


def _sum(components: Sequence[Component]) -> str:
    return str(sum(one.reads + one.writes for one in components))


def _cells(count: Totals, shown: Sequence[tuple[str, str, str]]) -> list[Span]:
    return [(str(getattr(count, name)), style if getattr(count, name) else "dim") for name, _title, style in shown]
