# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Rules for every registered domain: a new one is tested as soon as it is named."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator

import pytest

from ansible_collections.mainstay.aws.plugins.module_utils.aws.place import Place
from ansible_collections.mainstay.aws.plugins.module_utils.aws.samples import Sample
from ansible_collections.mainstay.aws.plugins.module_utils.component.registration import Registration
from ansible_collections.mainstay.aws.plugins.module_utils.domains.registry import DOMAINS, SHARED, details_of, order_of_kinds, roles
from ansible_collections.mainstay.aws.plugins.module_utils.permissions.api_names import UnknownOperation, api_name
from ansible_collections.mainstay.aws.plugins.module_utils.platform.removal import KINDS
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.model import Kind, Ref
from tests.repository.layout import ROOT

PLACE = Place("prod", "sample", "eu-west-1", "123456789012")
FOLDER = ROOT / "plugins" / "module_utils" / "domains"
ALL_KINDS = [pytest.param(domain, name, id=f"{domain.name} {name}") for domain in DOMAINS for name in domain.details.kinds]


def sample_of(domain: Registration, kind: str) -> Sample:
    (found,) = (one for one in domain.details.samples(PLACE) if one.resource.kind == kind)
    return found


def test_every_domain_is_named() -> None:
    assert {one.name for one in DOMAINS} == {path.parent.name for path in FOLDER.glob("*/registration.py")}


@pytest.mark.parametrize(("domain", "kind"), ALL_KINDS)
def test_every_kind_has_its_place_in_a_summary(domain: Registration, kind: str) -> None:
    assert kind in (*domain.order, *SHARED)


@pytest.mark.parametrize("domain", DOMAINS, ids=lambda one: one.name)
def test_nothing_is_ordered_or_sampled_that_a_domain_does_not_have(domain: Registration) -> None:
    assert set(domain.order) <= set(domain.details.kinds)
    assert {one.resource.kind for one in domain.details.samples(PLACE)} == set(domain.details.kinds)


def test_shared_kinds_are_those_that_come_first() -> None:
    assert order_of_kinds()[: len(SHARED)] == SHARED
    assert len(set(order_of_kinds())) == len(order_of_kinds())


def test_two_domains_have_a_kind_in_common_only_if_it_is_the_same() -> None:
    found: dict[str, set[type]] = {}
    for domain in DOMAINS:
        for name, kind in domain.details.kinds.items():
            found.setdefault(name, set()).add(type(kind))
    assert {name: classes for name, classes in found.items() if len(classes) > 1} == {}


@pytest.mark.parametrize(("domain", "kind"), ALL_KINDS)
def test_a_sample_has_properties_of_its_kind(domain: Registration, kind: str) -> None:
    sample = sample_of(domain, kind)
    known: Kind = domain.details.kinds[kind]
    assert set(sample.changed.properties) <= set(known.properties)
    needed = [KINDS[one.kind] for one in sample.needs]
    assert all(set(one.properties) <= set(kind.properties) for one, kind in zip(sample.needs, needed, strict=True))
    there = {one.address for one in sample.needs}
    assert {one.address for resource in (*sample.needs, sample.changed) for one in references(resource.properties)} <= there


def references(value: object) -> Iterator[Ref]:
    if isinstance(value, Ref):
        yield value
    elif isinstance(value, dict):
        for item in value.values():
            yield from references(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from references(item)


@pytest.mark.parametrize(("domain", "kind"), ALL_KINDS)
def test_a_sample_changes_in_place_and_drifts_in_what_is_compared(domain: Registration, kind: str) -> None:
    sample = sample_of(domain, kind)
    properties = domain.details.kinds[kind].properties
    assert sample.change
    assert all(properties[name].role in ("given", "later") for name in sample.change)
    assert all(sample.resource.properties.get(name) != value for name, value in sample.change.items())
    assert properties[sample.drift.property].role in ("given", "later")
    assert api_name(sample.drift.operation)


@pytest.mark.parametrize("domain", DOMAINS, ids=lambda one: one.name)
def test_declared_operations_are_those_of_services(domain: Registration) -> None:
    details = domain.details
    declared = [one for given in (*details.reads.values(), *details.applying.values()) for one in given]
    assert all(api_name(one) for one in declared)


def test_an_operation_that_botocore_does_not_know_is_an_error() -> None:
    operation = DOMAINS[0].details.reads["availability zones"][0]._replace(method="describe_availability_zone")
    with pytest.raises(UnknownOperation, match=r"ec2\.describe_availability_zone is declared, but botocore has no such operation"):
        api_name(operation)


def test_details_are_those_of_the_roles_that_are_asked_for() -> None:
    assert len(set(roles())) == len(roles())
    assert details_of(["eks"]) == [one.details for one in DOMAINS if one.role == "eks"]


UTILS = "ansible_collections.mainstay.aws.plugins.module_utils"
CHEAP = f"""
import sys
from {UTILS}.domains.registry import order_of_kinds
assert "vpc" in order_of_kinds()
assert not [name for name in sys.modules if name.startswith(("botocore", "boto3")) or ".kinds." in name]
"""
WITHOUT = """
import sys
from ansible_collections.mainstay.aws.plugins.modules import eks_cluster, vpc_network
assert not [name for name in sys.modules if name.endswith((".registry", ".registration", ".samples", ".permissions"))]
"""


@pytest.mark.parametrize("text", [CHEAP, WITHOUT], ids=["the order of kinds needs no kinds", "module calls need no registration"])
def test_what_registrations_cost(text: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", text], env={"PYTHONPATH": str(ROOT / "collections")}, capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stderr
