"""Times whole processes, alternating between subjects, with the cloud's request log for each."""

from __future__ import annotations

import resource
import statistics
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from benchmarks.subjects import Step, Subject, Unexpected
from scripts.terminal import ROOT

LONGEST_RUN = 1800.0
THROTTLED = ("RequestLimitExceeded", "Throttling", "ThrottlingException", "TooManyRequestsException")


def seconds_of(command: Sequence[str], environment: Mapping[str, str], longest: float = 900.0) -> float:
    """How long a process takes. Raises SystemExit with the end of its output if it fails."""
    began = time.monotonic()
    done = subprocess.run(
        command,
        cwd=ROOT,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=longest,
        check=False,
    )
    seconds = time.monotonic() - began
    if done.returncode:
        raise SystemExit(f"{' '.join(command)} ended with {done.returncode}:\n{done.stdout[-3000:]}{done.stderr[-3000:]}")
    return seconds


@dataclass(frozen=True)
class Sample:
    """One run of one subject, in seconds on a monotonic clock; `cpu` is the user and system time of the process and its children.

    `throttled`: the number of requests rejected by rate limits. `before`, `asking`, and `after` divide `wall` by the cloud's log: until the
    first request arrives, until the last one is answered, and the rest. `said` is what the run reported about itself.
    """

    wall: float
    cpu: float
    requests: int
    throttled: int
    before: float
    asking: float
    after: float
    said: dict[str, Any] = field(default_factory=dict)


def run(subject: Subject, step: Step) -> Sample:
    """One run from process start to exit. Raises Unexpected if it fails or does something other than the step."""
    admin = subject.cloud.admin
    admin.clear_requests()
    command, environment = subject.command(step), subject.environment()
    used, began_at, began = _children(), time.time(), time.monotonic()
    done = subprocess.run(
        command,
        cwd=subject.folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=LONGEST_RUN,
        check=False,
    )
    wall, cpu = time.monotonic() - began, _children() - used
    if done.returncode:
        raise Unexpected(f"{' '.join(command)} failed with {done.returncode}:\n{done.stdout}")
    said = subject.check(step, done.stdout)
    requests = admin.requests()
    first = min(request["time"] - request["seconds"] for request in requests) - began_at
    last = max(request["time"] for request in requests) - began_at
    throttled = sum(request["error_code"] in THROTTLED for request in requests)
    return Sample(wall, cpu, len(requests), throttled, first, last - first, wall - last, said)


def _children() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def alternate(subjects: Sequence[Subject], step: Step, rounds: int, before: Callable[[Subject], None] | None = None) -> list[list[Sample]]:
    """A B A B ...: the samples of each subject; `before` is called before each run and is not timed."""
    samples: list[list[Sample]] = [[] for _ in subjects]
    for _ in range(rounds):
        for index, subject in enumerate(subjects):
            if before:
                before(subject)
            samples[index].append(run(subject, step))
    return samples


@dataclass(frozen=True)
class Spread:
    median: float
    least: float
    most: float

    def text(self, digits: int = 2) -> str:
        return f"{self.median:.{digits}f} ({self.least:.{digits}f}-{self.most:.{digits}f})"

    def as_dict(self) -> dict[str, float]:
        return {"median": round(self.median, 4), "min": round(self.least, 4), "max": round(self.most, 4)}


def spread(values: Sequence[float]) -> Spread:
    return Spread(statistics.median(values), min(values), max(values))


def ratios(ours: Sequence[Sample], theirs: Sequence[Sample]) -> Spread:
    """The ratio of wall times, pair by pair: a temporary slowdown of the machine affects both runs of a pair."""
    return spread([one.wall / other.wall for one, other in zip(ours, theirs, strict=True)])
