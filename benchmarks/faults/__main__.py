"""Injects each fault in the list at every mutating call of a run, and checks that nothing is duplicated, nothing is left over, and at most
one more run converges. With --terraform, does the same to Terraform.

Called by make faults. After an interruption it resumes where it stopped; results are kept in artifacts/faults.jsonl."""

from __future__ import annotations

import argparse
import os
import queue
import random
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from itertools import zip_longest
from pathlib import Path

from benchmarks import provider
from benchmarks.faults import report, results, trial
from benchmarks.faults.catalog import ANY
from benchmarks.faults.proxy import Proxy
from benchmarks.faults.results import LOGS
from benchmarks.faults.scenarios import CREATING, SCENARIOS, Case, cases
from benchmarks.faults.subjects import Playbook, Terraform
from benchmarks.faults.trial import Baseline, Lane, Result
from benchmarks.provider import Tools
from benchmarks.subjects import REGION, Unexpected
from rehearsal.testing import Cloud
from scripts.terminal import ROOT, Problem, fail, say


def main(arguments: Sequence[str] | None = None) -> int:
    options = parse(arguments)
    subject = "terraform" if options.terraform else "mainstay"
    try:
        tools = provider.find() if options.terraform else None
        chosen = select(cases(subject), options)
        if not chosen:
            raise Problem("no case fits these options; --list shows all")
        if options.report:
            return known_so_far(options)
        if options.list:
            print("\n".join(case.key for case in chosen))
            return 0
        return matrix(chosen, options, tools)
    except (Problem, Unexpected, provider.Missing) as error:
        fail(str(error))
        return 1
    except KeyboardInterrupt:
        fail("interrupted; run the same command to resume")
        return 130


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.faults", description=__doc__)
    parser.add_argument("--only", action="append", default=[], metavar="OPERATION", help="such as CreateVpc; may be given several times")
    parser.add_argument("--creating", action="store_true", help="only the calls that create something, as in Terraform's runs")
    parser.add_argument("--fault", action="append", default=[], metavar="F", help="such as F2; may be given several times")
    parser.add_argument(
        "--scenario",
        action="append",
        default=[],
        metavar="NAME",
        help=", ".join(SCENARIOS),
    )
    parser.add_argument("--sample", type=positive, metavar="N", help="run only N cases, spread over the faults and the operations")
    parser.add_argument("--seed", type=int, default=1, help="random seed of the sample (1)")
    parser.add_argument("--jobs", type=positive, default=2, help="how many cases at a time, each with a cloud of its own (2)")
    parser.add_argument("--fresh", action="store_true", help="discard earlier results")
    parser.add_argument("--failed", action="store_true", help="rerun the cases that failed")
    parser.add_argument("--list", action="store_true", help="print the cases and do nothing")
    parser.add_argument("--report", action="store_true", help="only print the results so far, of both tools")
    parser.add_argument("--terraform", action="store_true", help="break Terraform's runs, at the calls that create something")
    return parser.parse_args(arguments)


def positive(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of at least 1")
    return int(text)


def select(found: Sequence[Case], options: argparse.Namespace) -> list[Case]:
    """The cases that the options select. Raises Problem for a name that matches nothing."""
    for option, known in (
        ("only", {word for case in found for word in (case.operation, case.operation.partition(":")[2])}),
        ("fault", {word for case in found for word in (case.fault.number, case.fault.name)}),
        ("scenario", {case.scenario for case in found}),
    ):
        if wrong := sorted(set(getattr(options, option)) - known):
            raise Problem(f"--{option} {wrong[0]} fits no case; there are {', '.join(sorted(word for word in known if word))}")
    only, fault, scenario = set(options.only), set(options.fault), set(options.scenario)
    if options.creating:
        only |= {*CREATING, ANY}
    chosen = [
        case
        for case in found
        if (not only or only & {case.operation, case.operation.partition(":")[2]})
        and (not fault or fault & {case.fault.number, case.fault.name})
        and (not scenario or case.scenario in scenario)
    ]
    return spread(chosen, options.sample, options.seed) if options.sample else chosen


def spread(found: Sequence[Case], number: int, seed: int) -> list[Case]:
    """A sample of this size: one case of each fault in turn, at randomly chosen operations."""
    chance = random.Random(seed)
    by_fault: dict[str, list[Case]] = {}
    for case in found:
        by_fault.setdefault(case.fault.name, []).append(case)
    for several in by_fault.values():
        chance.shuffle(several)
    mixed = [case for turn in zip_longest(*by_fault.values()) for case in turn if case]
    taken = {case.key for case in mixed[:number]}
    return [case for case in found if case.key in taken]


@dataclass(frozen=True)
class Lanes:
    """As many lanes as jobs; a case takes a free one."""

    free: queue.SimpleQueue[Lane]

    @contextmanager
    def one(self) -> Iterator[Lane]:
        lane = self.free.get()
        try:
            yield lane
        finally:
            self.free.put(lane)


def open_lanes(stack: ExitStack, jobs: int, tools: Tools | None) -> Lanes:
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    scratch = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="faults-")))
    free: queue.SimpleQueue[Lane] = queue.SimpleQueue()
    for number in range(jobs):
        folder = scratch / str(number)
        folder.mkdir()
        cloud = stack.enter_context(Cloud(region=REGION))
        proxy = stack.enter_context(Proxy(cloud.endpoint))
        subject = Terraform(cloud, proxy, folder, tools) if tools else Playbook(cloud, proxy, folder)
        free.put(Lane(cloud, proxy, subject, folder))
    return Lanes(free)


def matrix(chosen: Sequence[Case], options: argparse.Namespace, tools: Tools | None) -> int:
    """Runs the untried cases and prints the results of all selected cases. Returns the exit code."""
    began = time.monotonic()
    if options.fresh:
        results.FILE.unlink(missing_ok=True)
    label = tools.label if tools else ""
    code = results.code_of(chosen[0].subject, label)
    known = results.of_code(results.load().values(), {chosen[0].subject: code})
    wanted = [case for case in chosen if case.key not in known or (options.failed and known[case.key].held == "failed")]
    say(f"{len(chosen)} cases, {len(chosen) - len(wanted)} known already{f'; {tools.label}' if tools else ''}")
    if wanted:
        with ExitStack() as stack:
            known |= tried(open_lanes(stack, options.jobs, tools), wanted, options.jobs, lambda subject: results.code_of(subject, label))
    found = [known[case.key] for case in chosen if case.key in known]
    print(f"\n{report.table(found)}\n")
    if details := report.left_behind(found):
        print(f"{details}\n")
    kept = f"every case is in {results.FILE.relative_to(ROOT)}, what failed ones printed below {LOGS.relative_to(ROOT)}"
    say(f"{time.monotonic() - began:.0f} s; {kept}")
    return int(chosen[0].subject == "mainstay" and any(result.held == "failed" for result in found))


def known_so_far(options: argparse.Namespace) -> int:
    """Prints the results of all selected cases, for the current sources and the Terraform version tested last."""
    loaded = results.load().values()
    labels = [result.code for result in loaded if result.subject == "terraform"]
    known = results.of_code(loaded, {"mainstay": results.code_of("mainstay", ""), "terraform": labels[-1] if labels else ""})
    every = [case for subject in report.NAMES for case in cases(subject)]
    found = [known[case.key] for case in select(every, options) if case.key in known]
    if not found:
        raise Problem("nothing is known of these cases yet, or the sources have changed since")
    print(f"{report.table(found)}\n\n{report.left_behind(found)}")
    return int(any(result.held == "failed" for result in found if result.subject == "mainstay"))


def tried(lanes: Lanes, wanted: Sequence[Case], jobs: int, code_of: Callable[[str], str]) -> dict[str, Result]:
    """The results of these cases, each recorded as soon as it is known. Raises Problem if the sources change in the meantime."""
    found: dict[str, Result] = {}
    code = code_of(wanted[0].subject)
    pool = ThreadPoolExecutor(jobs, thread_name_prefix="case")
    try:
        expected = baselines(pool, lanes, wanted)
        fitting = [case for case in wanted if trial.applies(case, expected[case.scenario])]
        futures = [pool.submit(one, lanes, case, expected[case.scenario]) for case in fitting]
        for number, future in enumerate(as_completed(futures), 1):
            if code_of(wanted[0].subject) != code:
                raise Problem("the sources were changed while their runs were being broken: the same command begins anew")
            result = replace(future.result(), code=code)
            results.append(result)
            found[result.key] = result
            print(report.line(number, len(fitting), result), flush=True)
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
    return found


def baselines(pool: ThreadPoolExecutor, lanes: Lanes, wanted: Sequence[Case]) -> dict[str, Baseline]:
    """Runs every scenario once without a fault. Raises Problem if a call to be broken is never made."""

    def undisturbed(scenario: str) -> Baseline:
        with lanes.one() as lane:
            return trial.baseline(lane, scenario)

    say("Without faults")
    begun: dict[str, Future[Baseline]] = {}
    for case in wanted:
        if case.scenario not in begun:
            begun[case.scenario] = pool.submit(undisturbed, case.scenario)
    found = {scenario: future.result() for scenario, future in begun.items()}
    for case in wanted:
        if case.operation != ANY and case.operation not in found[case.scenario].operations:
            raise Problem(f"{case.operation} is not called in {case.scenario}, though it is to be broken there")
    return found


def one(lanes: Lanes, case: Case, expected: Baseline) -> Result:
    logs = LOGS / "".join(letter if letter.isalnum() else "-" for letter in case.key)
    with lanes.one() as lane:
        try:
            return trial.run(lane, case, expected, logs)
        except Unexpected as error:
            return Result(case.key, case.subject, case.scenario, case.operation, case.fault.name, "failed", problems=[str(error)])


if __name__ == "__main__":
    sys.exit(main())
