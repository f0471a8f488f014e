"""Builds the same networks with this collection and with Terraform, turn by turn on the rehearsal cloud, and prints how long each took.

Called by make bench; README.md says how to read what it prints."""

from __future__ import annotations

import argparse
import compileall
import json
import os
import platform
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from typing import Any

from benchmarks import inventory, provider, report
from benchmarks.measure import Sample, alternate
from benchmarks.subjects import COMPONENT, REGION, STEPS, Playbook, Step, Subject, Terraform, Unexpected, labels
from rehearsal.testing import Cloud
from scripts.terminal import ROOT, Problem, fail, say

RESULTS = ROOT / "artifacts" / "benchmarks.json"

WAITING = ("nat_gateway", "vpc_endpoint")
"""What takes its time to come up in AWS."""
REAL_WAIT = 120.0


def main(arguments: Sequence[str] | None = None) -> int:
    options = parse(arguments)
    try:
        with ExitStack() as stack:
            scratch = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="benchmarks-")))
            bench = Bench(options, subjects(stack, scratch, options))
            bench.run()
    except (Problem, Unexpected) as error:
        fail(shortened(str(error)))
        return 1
    except KeyboardInterrupt:
        fail("interrupted")
        return 130
    return 0


def shortened(text: str, lines: int = 60) -> str:
    """The first line and the last ones, where a failed command says why."""
    first, *rest = text.splitlines()
    return "\n".join([first, *(["..."] if len(rest) > lines else []), *rest[-lines:]])


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--networks", type=numbers, default=[1, 2, 10], metavar="N,...", help="sizes of the component (1,2,10)")
    parser.add_argument("--latency", type=numbers, default=[0, 80], metavar="MS,...", help="delays of each request (0,80)")
    parser.add_argument("--runs", type=int, default=5, help="pairs of unchanged runs and of plans; larger sizes have half as many (5)")
    parser.add_argument("--cold-runs", type=int, default=2, help="pairs of cold runs; larger sizes have half as many (2)")
    parser.add_argument("--wait", type=float, default=4.0, metavar="S", help="how long NAT gateways and endpoints take, 120 in AWS (4)")
    parser.add_argument("--only-wait", action="store_true", help="only the run with waits")
    parser.add_argument("--rate-limits", action="store_true", help="the clouds refuse calls beyond the rates that AWS publishes")
    parser.add_argument("--hosts", type=int, default=0, metavar="N", help="also N components of one network each, side by side (0)")
    parser.add_argument("--without-terraform", action="store_true", help="measure this collection alone")
    return parser.parse_args(arguments)


def numbers(text: str) -> list[int]:
    return sorted({int(part) for part in text.split(",")})


def subjects(stack: ExitStack, scratch: Path, options: argparse.Namespace) -> list[Subject]:
    """Whom to compare, each with a cloud of its own."""
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    for folder in ("plugins", "rehearsal"):
        compileall.compile_dir(ROOT / folder, quiet=1)

    def cloud() -> Cloud:
        return stack.enter_context(Cloud(region=REGION, settings={"rate_limits": "aws"} if options.rate_limits else {}))

    chosen: list[Subject] = [Playbook(cloud(), scratch)]
    if not options.without_terraform:
        try:
            tools = provider.find()
        except provider.Missing as missing:
            say(f"NOT COMPARED: {missing}. Only this collection is measured.")
        else:
            chosen.append(Terraform(cloud(), scratch, tools))
    return chosen


class Bench:
    """The scenarios, and what came out of them."""

    def __init__(self, options: argparse.Namespace, subjects: Sequence[Subject]) -> None:
        self.options = options
        self.subjects = subjects
        self.results: list[report.Result] = []
        self.waits: report.Result | None = None
        self.side_by_side: list[report.Result] = []
        self.counts: dict[int, Any] = {}

    def run(self) -> None:
        began = time.monotonic()
        say(f"{labels(self.subjects)}; {os.cpu_count()} processors, Python {platform.python_version()}")
        self.warm_up()
        if not self.options.only_wait:
            for count in self.options.networks:
                for latency in self.options.latency:
                    self.measure(count, latency)
        if self.options.hosts:
            self.measure_hosts()
        if self.options.wait:
            self.measure_waits()
        print()
        print(report.render(self.results, self.waits, self.options.wait, self.counts))
        self.write()
        say(f"{time.monotonic() - began:.0f} s; every sample is in {RESULTS.relative_to(ROOT)}")

    def warm_up(self) -> None:
        """One run of each that does not count: files come into memory, the cloud loads what it has of each service."""
        say("Warming up")
        alternate(self.subjects, "create", 1, self.emptied(1, 0))
        alternate(self.subjects, "plan", 1)

    def emptied(self, count: int, latency: int, **settings: Any) -> Callable[[Subject], None]:
        def prepare(subject: Subject) -> None:
            subject.cloud.admin.reset()
            subject.cloud.admin.settings(latency_ms=latency, **settings)
            subject.prepare(count)

        return prepare

    def measure(self, count: int, latency: int) -> None:
        say(f"{count} {'network' if count == 1 else 'networks'}, {latency} ms a request")
        for step in STEPS:
            if step == "create":
                samples = alternate(self.subjects, step, self.rounds(count, self.options.cold_runs), self.emptied(count, latency))
                self.compare(count)
            else:
                samples = alternate(self.subjects, step, self.rounds(count, self.options.runs))
            self.add(count, latency, step, samples)

    def rounds(self, count: int, wanted: int) -> int:
        """How many pairs: as many as wanted of the smallest component, half as many of the larger ones, which take long."""
        return wanted if count == min(self.options.networks) else (wanted + 1) // 2

    def measure_waits(self) -> None:
        say(f"1 network, 80 ms a request, NAT gateways and endpoints take {self.options.wait:g} s")
        waits = dict.fromkeys(WAITING, self.options.wait)
        samples = alternate(self.subjects, "create", 1, self.emptied(1, 80, transition_seconds=waits))
        self.waits = report.Result(1, 80, "create", {s.name: found for s, found in zip(self.subjects, samples, strict=True)})

    def measure_hosts(self) -> None:
        """Components side by side in as many workers: only this collection, since Terraform has no such thing in one run."""
        hosts, latency = self.options.hosts, max(self.options.latency)
        say(f"{hosts} components of one network each, side by side, {latency} ms a request")
        subject = self.subjects[0]
        assert isinstance(subject, Playbook)
        self.emptied(1, latency)(subject)
        subject.prepare(1, hosts)
        for step in STEPS:
            result = report.Result(hosts, latency, step, {subject.name: alternate([subject], step, 1)[0]})
            self.side_by_side.append(result)
            print(f"    {report.line(result)}", flush=True)

    def compare(self, count: int) -> None:
        """The account of the one holds what the account of the other holds, or no figure is worth printing."""
        taken = []
        for subject in self.subjects:
            delay = subject.cloud.admin.settings()["latency_ms"]
            limits = subject.cloud.admin.settings()["rate_limits"]
            subject.cloud.admin.settings(latency_ms=0, rate_limits={})
            taken.append(inventory.take(subject.cloud))
            subject.cloud.admin.settings(latency_ms=delay, rate_limits=limits)
        if len(taken) > 1 and (lines := inventory.differences(*taken)):
            raise Problem("the two did not build the same:\n" + "\n".join(lines[:40]))
        self.counts[count] = dict(inventory.counted(taken[0]))

    def add(self, count: int, latency: int, step: Step, samples: list[list[Sample]]) -> None:
        result = report.Result(count, latency, step, {s.name: found for s, found in zip(self.subjects, samples, strict=True)})
        self.results.append(result)
        print(f"    {report.line(result)}", flush=True)

    def write(self) -> None:
        RESULTS.parent.mkdir(exist_ok=True)
        rows = [*self.results, *self.side_by_side, *([self.waits] if self.waits else [])]
        document = {
            "subjects": {subject.name: subject.label for subject in self.subjects},
            "processors": os.cpu_count(),
            "component": COMPONENT,
            "options": vars(self.options),
            "built": self.counts,
            "results": [asdict(row) | {"ratio": ratio.as_dict() if (ratio := report.ratio(row)) else None} for row in rows],
        }
        RESULTS.write_text(json.dumps(document, indent=1) + "\n")


if __name__ == "__main__":
    sys.exit(main())
