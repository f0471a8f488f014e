# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Checks that need answers from AWS (questions.py): problems with instances. Pure functions. What classes offer is judged in offers.py."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping

from ...inputs.problems import shown, suggestion
from ...reconcile.model import Observed, is_unknown
from .facts import AwsFacts, Key
from .kinds.db_instance_versions import is_earlier
from .kinds.db_instance_versions import refused as version_refused
from .offers import of_class
from .settings import versions
from .settings.extensions import not_offered
from .settings.instance import Instance
from .settings.parameters import EXTENSIONS, PRELOAD
from .settings.storage import Storage, least_grown, least_limit

INTERVAL = re.compile(r"(-?\d+(?:\.\d+)?)-(-?\d+(?:\.\d+)?)")
FORMULA = re.compile(r"[{}]|\b(?:GREATEST|LEAST|SUM|IF|LOG)\(", re.IGNORECASE)
"""A value that RDS computes ("Specifying DB parameters", RDS User Guide)."""


WAYS_BACK: Mapping[str, str] = {
    "Disabled": "enable it",
    "PendingDeletion": "cancel its deletion and enable it",
    "PendingReplicaDeletion": "cancel its deletion and enable it",
    "PendingImport": "import its key material",
    "Unavailable": "connect its custom key store",
}
"""state of a key -> what makes RDS able to use it."""


def objections(instances: Mapping[str, Instance], known: AwsFacts, may_upgrade: Callable[[str], bool]) -> list[str]:
    """Every problem, each as one sentence. ``may_upgrade``: whether an instance may move to another major version in this run."""
    return [problem for one in instances.values() for problem in of_instance(one, known, may_upgrade(one.name))]


def of_instance(one: Instance, known: AwsFacts, may_upgrade: bool) -> Iterator[str]:
    present = known.of(f"db_instance.{one.name}")
    yield from of_version(one, known, present, may_upgrade)
    yield from of_identifier(one, present)
    yield from of_subnets(one, known)
    yield from of_key(one, known)
    yield from of_authority(one, known)
    offered_here = bool(versions.matching(one.version, known.versions)) and not is_earlier(one.version, version_of(present))
    if offered_here:
        yield from of_class(one, known)
    if has_version(one, present) or offered_here:
        yield from of_parameters(one, known)
        offered = known.parameters.get(versions.family_of(one.version), {}).get(EXTENSIONS, {}).get("AllowedValues") or ""
        yield from not_offered(one.path, one.version, one.content.extensions(), [name for name in offered.split(",") if name])
    if present:
        yield from of_storage(one, present)


def version_of(present: Observed | None) -> str:
    """The version that the instance has; empty if it does not exist."""
    return str(present.properties.get("engine_version") or "") if present else ""


def has_version(one: Instance, present: Observed | None) -> bool:
    """Whether the instance exists with a version that the described one allows."""
    has = version_of(present)
    return bool(has and versions.matching(one.version, [has]))


def of_version(one: Instance, known: AwsFacts, present: Observed | None, may_upgrade: bool) -> Iterator[str]:
    """A version that an existing instance has is accepted even if RDS no longer offers it. Whether RDS still offers an earlier one does
    not matter: there is no way back to it.
    """
    against = version_refused(f"{one.path}.version", version_of(present), one.version, may_upgrade)
    if not against and not has_version(one, present):
        against = list(versions.refused(one.path, one.version, known.versions))
    yield from against


def of_identifier(one: Instance, present: Observed | None) -> Iterator[str]:
    """Check that a moved or adopted instance keeps its identifier, unless the user sets another one."""
    has = str(present.properties.get("db_instance_identifier") or "") if present else ""
    if has and has != one.identifier and not one.named:
        yield (
            f"{one.path}.identifier is missing: the instance is called {has} in AWS; write identifier: {has} to keep it, or identifier: "
            f"{one.identifier} to replace it by a new instance"
        )


def of_subnets(one: Instance, known: AwsFacts) -> Iterator[str]:
    """Check that the subnets exist, lie in one network and in two zones, and that the instance's zone is one of them."""
    path = f"{one.path}.subnet_ids"
    for subnet in one.subnet_ids:
        if not is_unknown(subnet) and subnet not in known.subnets:
            yield f"{path} names {subnet}, but there is no such subnet in this account and region"
    there = [known.subnets[subnet] for subnet in one.subnet_ids if subnet in known.subnets]
    if len(there) < 2 or len(there) != len(one.subnet_ids):
        return
    zones = sorted({subnet.availability_zone for subnet in there})
    if len(zones) < 2:
        yield f"{path} is {shown(list(one.subnet_ids))}, but all of them are in {zones[0]} and RDS wants two availability zones"
    if len({subnet.vpc_id for subnet in there}) > 1:
        places = ", ".join(f"{subnet.id} in {subnet.vpc_id}" for subnet in there)
        yield f"{path} is {shown(list(one.subnet_ids))}, but they are in several VPCs: {places}"
    placed = [(f"{one.path}.zone", one.zone), *((f"{replica.path}.zone", replica.zone) for replica in one.replicas.values())]
    for where, zone in placed:
        if zone and zone not in zones and not one.subnet_zones:
            yield f"{where} is '{zone}', but its subnets are in {', '.join(zones)}; choose one of these"


def of_key(one: Instance, known: AwsFacts) -> Iterator[str]:
    """The user's own key, if there is one."""
    if one.kms_key_arn:
        yield from key_problems(f"{one.path}.kms_key_arn", one.kms_key_arn, known.keys)


def key_problems(path: str, arn: str, keys: Mapping[str, Key]) -> Iterator[str]:
    """RDS cannot use a key that is disabled or going, and what is encrypted with it is lost with it. ``keys``: those that exist, by ARN."""
    key = keys.get(arn)
    if key is None:
        yield f"{path} is '{arn}', but there is no such key, or it may not be described; correct it, or remove it"
    elif key.state != "Enabled":
        remedy = f"{WAYS_BACK.get(key.state, 'wait until it is enabled')}, or name another key"
        yield f"{path} is '{arn}', but that key is {key.state}, so RDS cannot use it; {remedy}"
    elif key.spec != "SYMMETRIC_DEFAULT":
        yield f"{path} is '{arn}', but that key is {key.spec}, and RDS encrypts with symmetric keys only; name another key"


def of_authority(one: Instance, known: AwsFacts) -> Iterator[str]:
    """RDS lists, per engine version, the certificate authorities that sign its servers' certificates."""
    offered = known.versions.get(known.newest(one.version), {}).get("SupportedCACertificateIdentifiers") or []
    if one.ca and offered and one.ca not in offered:
        yield f"{one.path}.ca is '{one.ca}', but RDS has no such certificate authority here; {suggestion(one.ca, sorted(offered))}"


def of_storage(one: Instance, present: Observed) -> Iterator[str]:
    """RDS never shrinks storage. Storage that is larger than its setting is a mistake unless it has grown by itself."""
    has, limit = int(present.properties.get("allocated_storage") or 0), int(present.properties.get("max_allocated_storage") or 0)
    wanted = one.storage
    if wanted.autoscale_to and has and wanted.autoscale_to < least_limit(has) and wanted.size <= has:
        yield (
            f"{one.path}.storage.autoscale_to is {wanted.autoscale_to}, but the instance has {has} GiB, and RDS accepts a limit of at "
            f"least 110 % of that; set it to {least_limit(has)} or more, or to none, and size to {has}: RDS cannot shrink storage"
        )
    elif wanted.size < has and not may_have_grown(wanted, has, limit):
        yield (
            f"{one.path}.storage.size is {wanted.size}, but the instance has {has} GiB, and RDS cannot shrink storage; set it to {has} or "
            "more, or restore a dump into a new instance"
        )


def may_have_grown(wanted: Storage, has: int, limit: int) -> bool:
    """Whether autoscaling explains that storage has more than its wanted size. ``limit``: the one in force, 0 without autoscaling.

    Nothing remembers the size of earlier runs, so a size that was lowered under an unchanged limit looks like storage that has grown; a
    plan notes that it stays. A lower limit gives away that the settings have changed: by default, it follows the size. Without a limit in
    the settings, the next run could not explain the size either.
    """
    return bool(limit and wanted.autoscale_to) and int(wanted.autoscale_to or 0) >= limit and has >= least_grown(wanted.size)


def of_parameters(one: Instance, known: AwsFacts) -> Iterator[str]:
    """Check that the parameters exist in the family, may be changed, and accept their values."""
    family = versions.family_of(one.version)
    offered = known.parameters.get(family) or {}
    own = [(one.path, one.parameters), *((replica.path, replica.parameters) for replica in one.replicas.values())]
    said: set[tuple[str, str]] = set()
    for path, parameters in own:
        for name, value in sorted(parameters.items()):
            if (name, value) in said:
                continue  # a replica has its source's parameters
            said.add((name, value))
            where = f"{path}.parameters.{name}"
            entry = offered.get(name)
            if entry is None:
                yield f"{where} is '{value}', but {family} has no such parameter; {suggestion(name, sorted(offered))}"
            elif not entry.get("IsModifiable", True):
                yield f"{where} is '{value}', but RDS does not let it be changed; remove it"
            elif not accepts(str(entry.get("AllowedValues") or ""), str(entry.get("DataType") or ""), name, value):
                yield f"{where} is '{value}', but {family} accepts {entry['AllowedValues']}"


def accepts(allowed: str, data_type: str, name: str, value: str) -> bool:
    """Whether RDS's list of allowed values has this one: single values, intervals, or several of them in a list."""
    if not allowed or FORMULA.search(value):
        return True
    choices = [one.strip() for one in allowed.split(",")]
    if data_type == "list" or name == PRELOAD:
        return all(_is_one_of(choices, part.strip()) for part in value.split(","))
    return _is_one_of(choices, value)


def _is_one_of(choices: list[str], value: str) -> bool:
    for choice in choices:
        found = INTERVAL.fullmatch(choice)
        if value == choice or (found and _is_between(found[1], found[2], value)):
            return True
    return not any(INTERVAL.fullmatch(one) or re.fullmatch(r"[\w.-]+", one) for one in choices)


def _is_between(low: str, high: str, value: str) -> bool:
    try:
        return float(low) <= float(value) <= float(high)
    except ValueError:
        return False
