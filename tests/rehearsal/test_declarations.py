"""Services' declarations and registrations: every file is found by its name, and no name is used twice."""

from __future__ import annotations

import importlib
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import botocore.session
import pytest

import rehearsal
from rehearsal import quotas, rate_limits, registry, transitions, visibility
from rehearsal.declarations import Listing, Quota, Service, Transition, collected, service, services

HOME = Path(rehearsal.__file__).parent
REGISTERING = re.compile(r"^@(refuses|answers|settles|adjusts|authorizes|lists_tags)\(", re.MULTILINE)


def files(folder: str) -> list[str]:
    return sorted(path.stem for path in (HOME / folder).glob("*.py") if path.stem != "__init__")


@pytest.fixture(scope="module")
def known() -> frozenset[str]:
    """All AWS services."""
    return frozenset(botocore.session.get_session().get_available_services())


def test_every_declaration_is_found(known: frozenset[str]) -> None:
    assert [name.replace("-", "_") for name in services()] == files("services")
    assert set(services()) <= known


@pytest.mark.parametrize("folder", ["extensions", "refusals"])
def test_every_file_that_registers_is_found(folder: str, known: frozenset[str]) -> None:
    found = {name.rpartition(".")[2] for each in known for name in registry.modules_of(f"rehearsal.{folder}", each)}
    registering = {name for name in files(folder) if REGISTERING.search((HOME / folder / f"{name}.py").read_text())}
    assert registering
    assert registering - found == set(), "no service has a name that these begin with"


@pytest.mark.parametrize(
    ("merged", "declared"),
    [
        (transitions.KINDS, lambda one: [kind.name for kind in one.transitions]),
        (visibility.CREATES, lambda one: [(one.name, kind.create) for kind in one.listings]),
        (visibility.READS, lambda one: [(one.name, kind.read) for kind in one.listings]),
        (quotas.QUOTAS, lambda one: list(one.quotas)),
        (rate_limits.AWS, lambda one: [one.name if name == "*" else f"{one.name}:{name}" for name in one.rates]),
    ],
    ids=["states", "creates", "reads", "quotas", "rates"],
)
def test_nothing_that_is_declared_gets_lost(merged: dict[Any, Any], declared: Callable[[Service], list[Any]]) -> None:
    assert set(merged) == {name for one in services().values() for name in declared(one)}


def test_a_service_without_a_file_is_the_usual_one() -> None:
    assert "sesv2" not in services()
    assert (service("sesv2").prefix, service("sesv2").throttled.code) == ("sesv2", "ThrottlingException")


QUEUES = Service(
    "one",
    transitions=(Transition("queue", "moto.one:Queue", "state", {}),),
    listings=(Listing("CreateQueue", "Id", "ListQueues", ("Queues", "Id")),),
    quotas={"queues": Quota("one", "L-1", "Queues", 1)},
)
MORE_QUEUES = Service("two", transitions=QUEUES.transitions, quotas=QUEUES.quotas)


@pytest.mark.parametrize(
    ("of", "name"),
    [
        (lambda one: one.quotas.items(), "queues"),
        (lambda one: ((kind.name, kind) for kind in one.transitions), "queue"),
    ],
    ids=["quota", "kind of resource"],
)
def test_two_services_cannot_declare_the_same_name(of: Callable[[Service], Iterator[Any]], name: str) -> None:
    assert list(collected("thing", of, [QUEUES])) == [name]
    with pytest.raises(ValueError, match=f"the thing '{name}' is declared twice: by one and by two"):
        collected("thing", of, [QUEUES, MORE_QUEUES])


def test_a_file_is_named_after_its_service(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "queues.py").write_text('from rehearsal.declarations import Service\n\nSERVICE = Service("sqs")\n')
    monkeypatch.setattr(importlib.import_module("rehearsal.services"), "__path__", [str(tmp_path)])
    with pytest.raises(ValueError, match=r"services/queues.py declares 'sqs'"):
        services.__wrapped__()


REGISTRATIONS: dict[str, Callable[[], Any]] = {
    "answers": lambda: registry.answers("nowhere", "GetThing"),
    "authorizes": lambda: registry.authorizes("nowhere"),
    "lists_tags": lambda: registry.lists_tags("nowhere"),
}


@pytest.fixture
def forgetting(monkeypatch: pytest.MonkeyPatch) -> None:
    for table in ("_answers", "_authorizers", "_taggers"):
        monkeypatch.setattr(registry, table, {})


def function_in(file: str) -> Callable[[Any], Any]:
    """A function as if defined in that file."""

    def asked(call: Any) -> Any:
        return call

    asked.__module__ = file
    return asked


@pytest.mark.usefixtures("forgetting")
@pytest.mark.parametrize("decorator", REGISTRATIONS)
def test_two_files_cannot_register_for_the_same_thing(decorator: str) -> None:
    register = REGISTRATIONS[decorator]
    register()(function_in("one"))
    register()(function_in("one"))  # imported again
    with pytest.raises(ValueError, match="registered twice: in one and in two"):
        register()(function_in("two"))


EVERYTHING = """
import importlib, pkgutil
for package in ("rehearsal.extensions", "rehearsal.refusals"):
    for module in pkgutil.iter_modules(importlib.import_module(package).__path__):
        importlib.import_module(f"{package}.{module.name}")
"""


def test_all_files_go_together() -> None:
    """In a separate process, because registrations are permanent."""
    subprocess.run([sys.executable, "-c", EVERYTHING], check=True, cwd=HOME.parent)


def test_declarations_are_cheap() -> None:
    """They are read when a cloud starts, long before most services are called."""
    code = "import sys; from rehearsal.declarations import services; services(); print(*{name.partition('.')[0] for name in sys.modules})"
    found = subprocess.run([sys.executable, "-c", code], check=True, cwd=HOME.parent, capture_output=True, text=True).stdout.split()
    assert not {"moto", "botocore", "boto3"} & set(found)
