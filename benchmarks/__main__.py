"""Builds the same platforms with this collection and with Terraform, turn by turn on the rehearsal cloud, and times both.

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

from benchmarks import clusters, databases, inventory, provider, report
from benchmarks.measure import Sample, alternate
from benchmarks.parts import PARTS
from benchmarks.subjects import (
    COMPONENT,
    REGION,
    STEPS,
    Playbook,
    Size,
    Step,
    Subject,
    Terraform,
    Unexpected,
    labels,
    networks,
)
from rehearsal.testing import Cloud
from scripts.terminal import ROOT, Problem, fail, say

RESULTS = ROOT / "artifacts" / "benchmarks.json"

WAITING = ("nat_gateway", "vpc_endpoint")
"""Resources that take time to become available in AWS."""
POLL = 2.5
"""The roles' longest poll interval, in seconds of the real time that a scaled run represents."""


def main(arguments: Sequence[str] | None = None) -> int:
    options = parse(arguments)
    try:
        with ExitStack() as stack:
            scratch = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="benchmarks-")))
            chosen = subjects(stack, scratch, options)
            bench_of(options)(options, chosen).run()
    except (Problem, Unexpected) as error:
        fail(shortened(str(error)))
        return 1
    except KeyboardInterrupt:
        fail("interrupted")
        return 130
    return 0


def bench_of(options: argparse.Namespace) -> type[Bench]:
    if part_of(options):
        return PartBench
    return PlatformBench if options.eks or options.databases else Bench


def part_of(options: argparse.Namespace) -> str:
    """Which of PARTS is measured; empty if it is none."""
    return next((name for name in PARTS if getattr(options, name)), "")


def shortened(text: str, lines: int = 60) -> str:
    """The first line and the last lines, where a failed command states the reason."""
    first, *rest = text.splitlines()
    return "\n".join([first, *(["..."] if len(rest) > lines else []), *rest[-lines:]])


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--networks", type=numbers, default=[1, 2, 10], metavar="N,...", help="sizes of the component (1,2,10)")
    parser.add_argument("--latency", type=numbers, default=[0, 80], metavar="MS,...", help="delays of each request (0,80)")
    parser.add_argument("--runs", type=rounds, default=5, help="pairs of unchanged runs and of plans; larger sizes have half as many (5)")
    parser.add_argument(
        "--cold-runs",
        type=rounds,
        default=2,
        help="pairs of cold runs; larger sizes have half as many; 0 builds once without counting it (2)",
    )
    parser.add_argument("--wait", type=float, default=4.0, metavar="S", help="how long NAT gateways and endpoints take, 120 in AWS (4)")
    parser.add_argument("--eks", action="store_true", help="a network and clusters in it, in place of networks alone")
    parser.add_argument("--clusters", type=numbers, default=[1, 4], metavar="N,...", help="with --eks: how many clusters (1,4)")
    parser.add_argument(
        "--databases",
        type=numbers,
        default=[],
        metavar="N,...",
        help="also how many databases in the network; one number with --eks (none)",
    )
    for name, part in PARTS.items():
        parser.add_argument(f"--{name}", type=numbers, default=[], metavar="N,...", help=f"{part.help}, and nothing else (none)")
    parser.add_argument(
        "--scale", type=float, default=7.5, metavar="F", help="with --eks or --databases: how much faster than AWS it all comes up (7.5)"
    )
    parser.add_argument("--only-wait", action="store_true", help="only the run with waits")
    parser.add_argument("--rate-limits", action="store_true", help="the clouds refuse calls beyond the rates that AWS publishes")
    parser.add_argument("--hosts", type=int, default=0, metavar="N", help="also N components of one network each, side by side (0)")
    parser.add_argument("--without-terraform", action="store_true", help="measure this collection alone")
    given = parser.parse_args(arguments)
    if given.eks and len(given.databases) > 1:
        parser.error("--eks varies the number of clusters, so --databases takes one number")
    return given


def numbers(text: str) -> list[int]:
    return sorted({int(part) for part in text.split(",")})


def rounds(text: str) -> int:
    if not text.isdigit():
        raise argparse.ArgumentTypeError(f"{text} is no number of runs")
    return int(text)


def subjects(stack: ExitStack, scratch: Path, options: argparse.Namespace) -> list[Subject]:
    """The subjects to compare, each with its own cloud."""
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    for folder in ("plugins", "rehearsal"):
        compileall.compile_dir(ROOT / folder, quiet=1)

    def cloud() -> Cloud:
        limits = {"rate_limits": "aws"} if options.rate_limits else {}
        return stack.enter_context(Cloud(region=REGION, settings={"control_planes": False, "databases": False, **limits}))

    chosen: list[Subject] = [Playbook(cloud(), scratch)]
    if not options.without_terraform:
        try:
            tools = provider.find()
        except provider.Missing as missing:
            say(f"NOT COMPARED: {missing}. Only this collection is measured.")
        else:
            part = part_of(options)
            chosen.append(Terraform(cloud(), scratch, tools, PARTS[part].folder if part else ""))
    return chosen


class Bench:
    """The network scenarios and their results."""

    @property
    def noun(self) -> str:
        return "network"

    def __init__(self, options: argparse.Namespace, subjects: Sequence[Subject]) -> None:
        self.options = options
        self.subjects = subjects
        self.results: list[report.Result] = []
        self.waits: list[report.Waits] = []
        self.side_by_side: list[report.Result] = []
        self.counts: dict[int, Any] = {}

    def run(self) -> None:
        began = time.monotonic()
        say(f"{labels(self.subjects)}; {os.cpu_count()} processors, Python {platform.python_version()}")
        self.warm_up()
        if not self.options.only_wait:
            for count in self.sizes:
                for latency in self.options.latency:
                    self.measure(count, latency)
        if self.options.hosts:
            self.measure_hosts()
        if self.options.wait:
            self.measure_waits()
        print()
        print(report.render(self.results, self.waits, self.counts, self.noun))
        self.write()
        say(f"{time.monotonic() - began:.0f} s; every sample is in {RESULTS.relative_to(ROOT)}")

    def warm_up(self) -> None:
        """One uncounted run of each subject: files enter the page cache, and the cloud loads each service's code."""
        say("Warming up")
        alternate(self.subjects, "create", 1, self.emptied(self.size(1), 0))
        alternate(self.subjects, "plan", 1)

    @property
    def sizes(self) -> list[int]:
        return list(self.options.networks)

    def size(self, count: int, **more: Any) -> Size:
        return Size(networks=count, **more)

    def emptied(self, size: Size, latency: int, **settings: Any) -> Callable[[Subject], None]:
        def prepare(subject: Subject) -> None:
            subject.cloud.admin.reset()
            subject.cloud.admin.settings(latency_ms=latency, **settings)
            subject.prepare(size)

        return prepare

    def measure(self, count: int, latency: int) -> None:
        say(f"{count} {self.noun if count == 1 else f'{self.noun}s'}, {latency} ms a request")
        for step in STEPS:
            if step == "create":
                wanted = self.rounds(count, self.options.cold_runs)
                samples = alternate(self.subjects, step, max(wanted, 1), self.emptied(self.size(count), latency))
                self.compare(count)
            else:
                wanted = self.rounds(count, self.options.runs)
                samples = alternate(self.subjects, step, wanted)
            self.add(count, latency, step, samples, counted=wanted > 0)

    def rounds(self, count: int, wanted: int) -> int:
        """The number of pairs: as requested for the smallest component, half as many for the larger ones, which take longer."""
        return wanted if count == min(self.sizes) else (wanted + 1) // 2

    def measure_waits(self) -> None:
        say(f"1 network, 80 ms a request, NAT gateways and endpoints take {self.options.wait:g} s")
        waits = dict.fromkeys(WAITING, self.options.wait)
        samples = alternate(self.subjects, "create", 1, self.emptied(self.size(1), 80, transition_seconds=waits))
        result = report.Result(1, 80, "create", {s.name: found for s, found in zip(self.subjects, samples, strict=True)})
        self.waits.append(report.Waits(result, self.options.wait, f"a NAT gateway, or an endpoint, {self.options.wait:g} s"))

    def measure_hosts(self) -> None:
        """Components in parallel, one worker each: this collection only, because Terraform has no equivalent in one run."""
        hosts, latency = self.options.hosts, max(self.options.latency)
        say(f"{hosts} components of one network each, side by side, {latency} ms a request")
        subject = self.subjects[0]
        assert isinstance(subject, Playbook)
        self.emptied(self.size(1, hosts=hosts), latency)(subject)
        for step in STEPS:
            result = report.Result(hosts, latency, step, {subject.name: alternate([subject], step, 1)[0]})
            self.side_by_side.append(result)
            print(f"    {report.line(result)}", flush=True)

    def compare(self, count: int) -> None:
        """Verifies that both accounts hold the same resources; otherwise no figure is worth printing."""
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

    def add(self, count: int, latency: int, step: Step, samples: list[list[Sample]], counted: bool) -> None:
        """Stores the samples of a step, if there are any. The build that the other steps depend on is stored too, but not counted."""
        if not all(samples):
            return
        result = report.Result(count, latency, step, {s.name: found for s, found in zip(self.subjects, samples, strict=True)}, counted)
        self.results.append(result)
        if counted:
            print(f"    {report.line(result)}", flush=True)

    def write(self) -> None:
        RESULTS.parent.mkdir(exist_ok=True)
        rows = [*self.results, *self.side_by_side, *(one.result for one in self.waits)]
        document = {
            "subjects": {subject.name: subject.label for subject in self.subjects},
            "processors": os.cpu_count(),
            "component": COMPONENT,
            "critical_paths": [asdict(one) | {"result": None} for one in self.waits],
            "options": vars(self.options),
            "built": self.counts,
            "results": [asdict(row) | {"ratio": ratio.as_dict() if (ratio := report.ratio(row)) else None} for row in rows],
        }
        RESULTS.write_text(json.dumps(document, indent=1) + "\n")


class PartBench(Bench):
    """One of PARTS in a component of its own. Nothing in it takes long to create."""

    @property
    def part(self) -> str:
        return part_of(self.options)

    @property
    def noun(self) -> str:
        return PARTS[self.part].noun

    @property
    def sizes(self) -> list[int]:
        return list(getattr(self.options, self.part))

    def size(self, count: int, **more: Any) -> Size:
        return Size(networks=0, hosts=0, part=self.part, count=count, **more)

    def measure_waits(self) -> None:
        """There is nothing to wait for."""


class PlatformBench(Bench):
    """The scenarios with a network and clusters or databases in it."""

    @property
    def noun(self) -> str:
        return "cluster" if self.options.eks else "database"

    @property
    def sizes(self) -> list[int]:
        return list(self.options.clusters if self.options.eks else self.options.databases)

    def size(self, count: int, **more: Any) -> Size:
        """``count``: the number of clusters, or of databases if there are no clusters."""
        if self.options.eks:
            return Size(clusters=count, databases=max(self.options.databases, default=0), **more)
        return Size(databases=count, **more)

    def measure_waits(self) -> None:
        """This collection only: beyond the emulated waits, Terraform spends most of its time in waits of its own, which do not scale."""
        if not self.options.cold_runs:
            return
        scale, subject = self.options.scale, self.subjects[0]
        assert isinstance(subject, Playbook)
        size = self.size(1, poll=POLL / scale)
        seconds = {kind: real / scale for kind, real in clusters.CREATION_SECONDS.items()}
        path = clusters.critical_path(networks(1), clusters.for_role(size.clusters), databases.for_role(size.databases), REGION, seconds)
        chain = ", ".join(f"{address} {seconds[address.partition('.')[0]]:g} s" for address in path.addresses)
        say(f"{size.contents}, 80 ms a request, everything comes up {scale:g} times as fast as in AWS: {chain}")
        empty = self.emptied(size, 80, transition_seconds=databases.transitions(seconds))
        samples = alternate([subject], "create", self.options.cold_runs, empty)
        result = report.Result(1, 80, "create", {subject.name: samples[0]})
        print(f"    {report.line(result)}", flush=True)
        self.waits.append(report.Waits(result, path.seconds, chain))


if __name__ == "__main__":
    sys.exit(main())
