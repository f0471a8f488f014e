"""The final tables, in Markdown: pure functions of the results."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from benchmarks.faults.catalog import FAULTS
from benchmarks.faults.trial import Result


def line(number: int, total: int, result: Result) -> str:
    """The line printed when a case completes."""
    more = f": {result.problems[0][:300]}" if result.problems else ""
    place = result.operation if result.operation != "*" else "whole run"
    what = f"{result.subject:<9} {result.fault:<40} {place} ({result.scenario})"
    return f"[{number}/{total}] {what}: {result.held}, {result.seconds:.0f} s{more}"


def by_fault(results: Iterable[Result]) -> dict[str, list[Result]]:
    """In the order of the fault catalog; only faults that were tried."""
    order = {fault.name: [result for result in results if result.fault == fault.name] for fault in FAULTS}
    return {name: found for name, found in order.items() if found}


NAMES = {"mainstay": "mainstay.aws", "terraform": "Terraform"}


def table(results: Sequence[Result]) -> str:
    """How many cases passed, by fault, with columns for each subject that was tried."""
    subjects = [subject for subject in NAMES if any(result.subject == subject for result in results)]
    header = ["fault", *(f"{NAMES[subject]}: {title}" for subject in subjects for title in ["cases", *HELD, *ways(subject)])]

    def row(name: str, found: Sequence[Result]) -> list[str]:
        parts = [figures([result for result in found if result.subject == subject], subject) for subject in subjects]
        return [name, *(figure for part in parts for figure in part)]

    return markdown(header, [*(row(name, found) for name, found in by_fault(results).items()), row("all", results)])


HELD = ("held in the same run", "after one more")


def ways(subject: str) -> list[str]:
    """The ways in which a case fails. What Terraform leaves behind is listed separately, because it is the point of the comparison."""
    if subject == "mainstay":
        return ["failed"]
    return ["something left over for good", "second run fails", "else not converged"]


def figures(results: Sequence[Result], subject: str) -> list[str]:
    counts = Counter(result.held for result in results)
    numbers = [len(results), counts["same run"], counts["one more run"]]
    failed = [result for result in results if result.held == "failed"]
    if subject == "mainstay":
        numbers.append(len(failed))
    else:
        stuck = [result for result in failed if result.runs[-1] != "ok"]
        left = [result for result in failed if result not in stuck and result.left]
        numbers += [len(left), len(stuck), len(failed) - len(left) - len(stuck)]
    return [str(number) if results else "" for number in numbers]


def left_behind(results: Sequence[Result]) -> str:
    """What each call leaves behind permanently, by fault."""
    rows = []
    for result in results:
        if result.held == "failed":
            left = ", ".join(f"{number} {sort}" for sort, number in result.left.items()) or "nothing"
            rows.append([result.fault, result.operation, " then ".join(result.runs), left, result.problems[0][:160].replace("|", "/")])
    return markdown(["fault", "call", "runs", "too many in the end", "first problem"], rows) if rows else ""


def markdown(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (header, ["---"] * len(header), *rows))
