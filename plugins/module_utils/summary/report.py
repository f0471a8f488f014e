# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The whole summary as lines, ready for a terminal of a given width."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from .consent import offer
from .model import Action, Component, Failure, Report, Target, TaskNote
from .order import by_kind, groups
from .resource import brief, full
from .table import tables
from .text import Line, Span, hang, harmless, indent, line, safe, width_of, wrap
from .totals import duration, plural, short_counts, table, totals, verdict
from .unclaimed import unclaimed

NARROWEST = 60
NAMED = 12


def render(report: Report, width: int, detail: str = "auto") -> list[Line]:
    """Everything that is printed after a run. ``detail``: ``full``, ``brief``, or ``auto`` (full for plans, brief for runs)."""
    width = max(width, NARROWEST)
    sections = [target_lines(report, width)]
    sections += [component_lines(one, width, detail, report) for one in report.components if _worth_showing(one)]
    sections += [
        quiet_lines(report, width),
        notices(report, width),
        problems(report, width),
        failures(report, width),
        other_tasks(report, width),
        unclaimed(report, width),
        allowing(report, width),
        table(report, width),
        verdict(report),
    ]
    lines: list[Line] = []
    for section in sections:
        if section:
            lines += [line(), *section] if lines else section
    return harmless(lines)


def _worth_showing(component: Component) -> bool:
    return bool(component.actions or component.errors or component.problems)


def targets(report: Report) -> dict[Target, list[str]]:
    """Every target that the run read, with the components that live there."""
    found: dict[Target, list[str]] = {}
    for component in report.components:
        titles = found.setdefault(component.target, [])
        if component.title not in titles:
            titles.append(component.title)
    return found


def target_text(target: Target) -> str:
    """``prod at AWS, account 1234, eu-west-1, as arn:...``."""
    place = f"rehearsal at {target.endpoint}" if target.endpoint else "AWS"
    parts = [f"{target.environment or 'no environment'}: {place}"]
    parts += [f"account {target.account_id}"] if target.account_id else []
    parts += [target.region] if target.region else []
    parts += [f"as {target.caller}"] if target.caller else []
    return safe(", ".join(parts))


def target_lines(report: Report, width: int) -> list[Line]:
    """Where the run took place: one line, or one per target with its components."""
    found = targets(report)
    lines: list[Line] = []
    for target, titles in found.items():
        text = target_text(target)
        name, _colon, rest = text.partition(":")
        style = "warn" if target.endpoint else ""
        lines += wrap([(name, "bold"), (":", ""), (rest, style)], width, hanging=4)
        if len(found) > 1:
            lines += indent(wrap([(safe(", ".join(titles)), "dim")], width - 4), 4)
    return lines


def component_lines(component: Component, width: int, detail: str, report: Report) -> list[Line]:
    """Heading and resources of one component."""
    mixed = len({one.check_mode for one in report.components}) > 1
    return [*heading(component, width, mixed), *resource_lines(component, width, detail)]


def resource_lines(component: Component, width: int, detail: str) -> list[Line]:
    """The resources of one component, group by group. Actions without consent come last: those that block an apply, and those it skips."""
    in_full = detail == "full" or (detail != "brief" and component.check_mode)
    column = 0 if in_full else min(max((len(action.address) for action in component.actions), default=0), width // 2)
    lines: list[Line] = []
    going = [action for action in component.actions if not action.held_back]
    for name, actions in groups(going):
        if name:
            lines += [line(), line(("  " + safe(name), "bold"))]
        for run in by_kind(actions):
            lines += tables(run, width) if in_full else [one for action in run for one in brief(action, width, column)]
    for (title, style), held in _not_allowed(component):
        lines += [line(), *wrap([(f"  {title}", style)], width, hanging=2)]
        lines += [one for action in held for one in (full(action, width) if in_full else brief(action, width, column))]
    return lines


def _not_allowed(component: Component) -> Iterator[tuple[Span, list[Action]]]:
    """Actions without consent, under a title for each consequence."""
    blocking = [action for action in component.actions if action.blocks]
    kept = [action for action in component.actions if action.held_back and not action.blocks]
    if blocking:
        yield (f"blocked: an apply changes nothing in {safe(component.title)} until this is allowed or no longer needed", "error"), blocking
    if kept:
        yield ("held back: it stays, and an apply does the rest", "warn"), kept


def heading(component: Component, width: int, mixed: bool) -> list[Line]:
    """Name, mode if the run mixed them, counts, time and calls."""
    spans: list[Span] = [(safe(component.title), "bold")]
    if mixed:
        spans.append((" (check mode)" if component.check_mode else " (run)", "dim"))
    spans += [("  ", ""), *short_counts(component)]
    cost: list[Span] = [(f"  {spent(component)}", "dim")] if component.seconds or component.reads else []
    return wrap([*spans, *cost], width, hanging=2)


def spent(component: Component) -> str:
    """Time of the component's tasks, or of the module alone if nothing else is known, and its API calls."""
    calls = plural(component.reads + component.writes, "call")
    return f"{duration(component.task_seconds or component.seconds)}, {calls}"


def quiet_lines(report: Report, width: int) -> list[Line]:
    """The components with nothing to report except that they are as described."""
    quiet = [one for one in report.components if not _worth_showing(one)]
    if not quiet or len(quiet) == len(report.components) == 1:
        return []
    names = ", ".join(f"{safe(one.title)} ({one.unchanged})" for one in quiet)
    return hang([("as described: ", "ok")], wrap([(names, "")], width - 14))


def problems(report: Report, width: int) -> list[Line]:
    """What blocks an apply: quotas that would be exceeded, or that could not be checked."""
    lines = [one for component in report.components for problem in component.problems for one in error_lines(component, problem, width)]
    return [line(("problems", "bold")), *lines] if lines else []


def notices(report: Report, width: int) -> list[Line]:
    """Conditions that need attention but block nothing: degraded resources, resources that lost their owner tags. Each is listed once."""
    modes = {(one.host, one.name): one for one in report.components}  # the run after the plan, if there were both
    lines = [one for component in modes.values() for notice in component.notices for one in error_lines(component, notice, width)]
    return [line(("attention", "bold")), *lines] if lines else []


def allowing(report: Report, width: int) -> list[Line]:
    """The command that allows what is held back, always on one line of its own, so that it can be copied."""
    found = offer(report)
    if found is None:
        return []
    lines = [line((found.lead, "bold")), line(found.text)] if found.text else []
    if found.unwritable:
        text = f"{found.unwritable} held back under {'an address' if found.unwritable == 1 else 'addresses'} with unusual characters; "
        lines += wrap([(f"{text}to allow them, use a pattern with ? in place of each such character", "warn")], width)
    elif not found.text:
        lines += wrap(
            [("too much is held back for one command; allow it with patterns in platform_purge and platform_allow_replace", "warn")], width
        )
    return lines


def failures(report: Report, width: int) -> list[Line]:
    """Every error, what was not started because of it, what is done and what remains; then tasks that failed without a plan."""
    lines: list[Line] = []
    for component in report.components:
        for error in component.errors:
            lines += error_lines(component, error, width)
        waiting = [action for action in component.actions if action.outcome == "not_started" and not action.held_back]
        if waiting:
            lines += _not_started(component, [action.address for action in waiting], width)
        if component.errors and component.actions and not component.check_mode:
            lines += indent(wrap([_state_after(component)], width - 4), 4)
    for note in report.failed:
        lines += wrap([("  ! ", "error"), (f"{safe(note.host)}: {safe(note.task)}", "error")], width, hanging=4)
        rescued = "(rescued) " if note.rescued else ""
        for text in (rescued + (note.detail or "failed")).splitlines():
            lines += indent(wrap([(safe(text), "")], width - 6), 6)
    return [line(("errors", "bold")), *lines] if lines else []


def _state_after(component: Component) -> Span:
    """How a failed run left the component: what its module says, or what is done and what remains."""
    if component.state_after:
        return safe(component.state_after), "warn"
    count = totals(component)
    left = count.failed + count.unfinished + count.not_started + count.deferred
    return f"{count.changing} done, {left} left; run again to continue from here", "dim"


def error_lines(component: Component, error: Failure, width: int) -> list[Line]:
    """The place, the call and the code; then the message and what to do."""
    call = ": ".join(part for part in (safe(error.operation), safe(error.code)) if part)
    where = f"{safe(component.title)}  {safe(error.address)}" if error.address else safe(component.title)
    lines = wrap([("  ! ", "error"), (where, "error"), (f"  {call}", "")], width, hanging=4)
    if error.message:
        lines += indent(wrap([(safe(" ".join(error.message.split())), "")], width - 6), 6)
    if error.hint:
        lines += hang([("      hint: ", "warn")], wrap([(safe(error.hint), "")], width - 12))
    return lines


def _not_started(component: Component, addresses: list[str], width: int) -> list[Line]:
    because = sorted({action.reason for action in component.actions if action.outcome == "not_started" and action.reason})
    reason = f" ({'; '.join(safe(one) for one in because)})" if len(because) == 1 else ""
    shown = ", ".join(safe(one) for one in addresses[:NAMED])
    more = f" and {len(addresses) - NAMED} more" if len(addresses) > NAMED else ""
    label: list[Span] = [(f"    not started{reason}: ", "warn")]
    if width_of(label) > width // 2:
        return [*wrap(label, width, 6), *indent(wrap([(shown + more, "")], width - 6), 6)]
    return hang(label, wrap([(shown + more, "")], width - width_of(label)))


def other_tasks(report: Report, width: int) -> list[Line]:
    """Tasks of other modules that changed something, were skipped for lack of check mode support, or hide their result."""
    lines: list[Line] = []
    lines += _notes("other changed tasks", report.changed, width, "change")
    lines += _notes("not in this plan: tasks skipped because they do not support check mode", report.skipped, width, "warn")
    lines += _notes("hidden by no_log", report.hidden, width, "dim")
    return lines


def _notes(title: str, notes: Sequence[TaskNote], width: int, style: str) -> list[Line]:
    if not notes:
        return []
    lines = [line((title, "bold"))]
    for note in notes:
        mode = " (check mode)" if note.check_mode and style == "dim" else ""
        lines += wrap([(f"  {safe(note.host)}: ", style), (f"{safe(note.task)}: {note.count}{mode}", "")], width, hanging=4)
    return lines
