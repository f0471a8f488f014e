"""The arithmetic of the benchmarks, and where they search for the provider."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from benchmarks import __main__ as main
from benchmarks import inventory, provider, report
from benchmarks.__main__ import Bench, PlatformBench, numbers, parse, shortened
from benchmarks.measure import Sample, ratios, spread
from benchmarks.report import Result


def sample(wall: float, requests: int = 10, throttled: int = 0, **said: float) -> Sample:
    return Sample(wall=wall, cpu=wall / 2, requests=requests, throttled=throttled, before=0.5, asking=wall - 0.75, after=0.25, said=said)


def test_ratios_are_taken_pair_by_pair() -> None:
    """A machine that is slow during one pair does not shift the ratio."""
    found = ratios([sample(1.0), sample(5.0), sample(1.2)], [sample(2.0), sample(10.0), sample(2.0)])
    assert (found.median, found.least, found.most) == (0.5, 0.5, 0.6)


def test_throttled_requests_are_shown_where_there_are_any() -> None:
    """For both, as soon as one of them had any."""
    calm, hasty = [sample(1.0, 40)], [sample(2.0, 60, throttled=7)]
    result = Result(1, 80, "create", {"mainstay.aws": calm, "Terraform": hasty})
    assert "Terraform 2.00 (2.00-2.00) s, 7 of 60 requests throttled" in report.line(result)
    assert report.times([result]).splitlines()[1].split().count("throttled") == 2
    assert "throttled" not in report.times([Result(1, 80, "create", {"mainstay.aws": calm})])


def test_spread() -> None:
    assert spread([3.0, 1.0, 2.0]).text() == "2.00 (1.00-3.00)"


def results(*subjects: str) -> list[Result]:
    """Components of 1 and 3 networks with 10 and 30 resources; each further network takes 0.2 s and 4 requests."""
    found = []
    for networks in (1, 3):
        built = sample(9.0, resources=10 * networks)
        again = sample(1.0 + 0.2 * networks, 20 + 4 * networks, module_seconds=0.4)
        for step, one in (("create", built), ("unchanged", again), ("plan", again)):
            found.append(Result(networks, 80, step, {name: [one] for name in subjects}))  # type: ignore[arg-type]
    return found


def test_tables_of_one_subject_and_of_two() -> None:
    counts = {1: {"VPCs": 1}, 3: {"VPCs": 3}}
    for subjects in (["ours"], ["ours", "theirs"]):
        waits = report.Waits(results(*subjects)[0], 4.0, "a NAT gateway 4 s")
        text = report.render(results(*subjects), [waits], counts)
        assert ("ratio" in text) == (len(subjects) == 2)
        further = next(line for line in text.splitlines() if line.startswith("ours") and line.endswith(" ms"))
        assert further.split() == ["ours", "80", "20", "20.0", "ms", "0.40", "200", "ms"]
        assert "5.00" in text, "a cold run of 9 seconds is 5 over a critical path of 4"


def test_a_single_size_has_no_marginal_cost() -> None:
    assert report.marginal(results("ours")[:3]) == ""


class Unconnected:
    """An administrative API of a cloud that does not exist."""

    def reset(self) -> None:
        pass

    def settings(self, **changed: Any) -> dict[str, Any]:
        return {"latency_ms": 0, "rate_limits": {}}


@pytest.fixture
def subject(monkeypatch: pytest.MonkeyPatch) -> Any:
    """A subject whose every run takes one second, without a cloud."""
    subject = SimpleNamespace(name="ours", label="ours", cloud=SimpleNamespace(admin=Unconnected()), prepare=lambda size: None)

    def alternate(subjects: Any, step: str, rounds: int, before: Any = None) -> list[list[Sample]]:
        if before:
            before(subject)
        return [[sample(1.0, resources=42, module_seconds=0.4)] * rounds for _ in subjects]

    monkeypatch.setattr(main, "alternate", alternate)
    monkeypatch.setattr(main.inventory, "take", lambda cloud: {"VPCs": Counter([("main",)])})
    monkeypatch.setattr(Bench, "write", lambda self: None)
    return subject


ROWS: list[tuple[str, list[str]]] = [
    ("--cold-runs 2 --runs 3", ["create", "unchanged", "plan"]),
    ("--cold-runs 0 --runs 3", ["unchanged", "plan"]),
    ("--cold-runs 2 --runs 0", ["create"]),
]


@pytest.mark.parametrize(("options", "steps"), ROWS)
def test_a_step_without_runs_is_left_out(subject: Any, options: str, steps: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """Without cold runs the networks are built all the same: the other steps and the reported size depend on them."""
    Bench(parse(["--networks", "1", "--latency", "0", "--wait", "0", *options.split()]), [subject]).run()
    printed = capsys.readouterr().out
    whole = printed.partition("Whole processes")[2].partition("\n\n")[0]
    assert [line.split()[0] for line in whole.splitlines()[3:]] == steps
    assert "resources of ours  42" in printed


def test_clusters_without_cold_runs_have_no_cold_run_with_waits(subject: Any, capsys: pytest.CaptureFixture[str]) -> None:
    PlatformBench(parse(["--eks", "--clusters", "1", "--latency", "0", "--cold-runs", "0"]), [subject]).run()
    assert "Cold run with waits" not in capsys.readouterr().out


@pytest.mark.parametrize(
    ("options", "noun", "sizes", "contents"),
    [
        ("--eks --clusters 1,4", "cluster", [1, 4], ["1 cluster", "4 clusters"]),
        ("--eks --clusters 1 --databases 2", "cluster", [1], ["1 cluster and 2 databases"]),
        ("--databases 1,5", "database", [1, 5], ["1 database", "5 databases"]),
    ],
)
def test_sizes_of_platforms(subject: Any, options: str, noun: str, sizes: list[int], contents: list[str]) -> None:
    bench = PlatformBench(parse(options.split()), [subject])
    assert (bench.noun, bench.sizes) == (noun, sizes)
    assert [bench.size(count).contents for count in bench.sizes] == contents


def test_clusters_and_several_numbers_of_databases(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        parse(["--eks", "--databases", "1,2"])
    assert "--databases takes one number" in capsys.readouterr().err


@pytest.mark.parametrize("options", ["--cold-runs -1", "--runs many"])
def test_a_number_of_runs_that_is_none(options: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        parse(options.split())
    assert "is no number of runs" in capsys.readouterr().err


def test_differences_name_what_only_one_has() -> None:
    ours = {"subnets": Counter([("10.0.0.0/24",)]), "routes": Counter({("a", "b"): 2})}
    theirs = {"subnets": Counter([("10.0.0.0/24",), ("10.0.1.0/24",)]), "routes": Counter[inventory.Item]()}
    assert inventory.differences(ours, theirs) == [
        "subnets: only the second has 10.0.1.0/24",
        "routes: only the first has a b (2 times)",
    ]


@pytest.mark.parametrize(("given", "found"), [("10,1,1", [1, 10]), ("80", [80])])
def test_numbers(given: str, found: list[int]) -> None:
    assert numbers(given) == found


def test_long_errors_keep_their_first_line_and_their_end() -> None:
    text = shortened("\n".join(str(line) for line in range(100)), lines=2)
    assert text.splitlines() == ["0", "...", "98", "99"]


def program(folder: Path, version: str) -> Path:
    path = folder / "host.example" / "hashicorp" / "aws" / version / provider.target() / f"terraform-provider-aws_v{version}_x5"
    path.parent.mkdir(parents=True)
    path.touch(mode=0o755)
    return path


def test_the_newest_installed_provider_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    environment = {"TF_PLUGIN_CACHE_DIR": str(tmp_path / "cache"), "XDG_DATA_DIRS": str(tmp_path / "share")}
    assert provider.newest_installed(environment) is None
    program(tmp_path / "cache", "2.70.0")
    assert provider.newest_installed(environment) is None, "too old for the configuration"
    program(tmp_path / "cache", "5.9.0")
    newest = program(tmp_path / "share" / "terraform" / "plugins", "5.10.0")
    assert provider.newest_installed(environment) == newest
