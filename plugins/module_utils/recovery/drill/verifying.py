# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Judges what came back: markers, contents, and settings. Pure functions."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..fingerprint.model import Fingerprint
from ..fingerprint.moving import judge
from ..moments import iso
from . import markers
from .markers import Marker
from .plan import Target
from .result import Check

MOST_SENTENCES = 10
MARKERS, CONTENTS, SETTINGS = "markers", "contents", "settings"


@dataclass(frozen=True)
class Source:
    """A database of the source: read before the first marker was written, and again after the moment that is restored.

    after: None if it was dropped meanwhile.
    """

    before: Fingerprint
    after: Fingerprint | None


def judge_markers(written: Sequence[Marker], found: Iterable[Marker]) -> tuple[Check, Marker | None]:
    """(the check, the newest marker that came back intact). The first one has to be there: the backups had reached it."""
    there = {one.number: one for one in found}
    damaged = [one.number for one in there.values() if not markers.is_intact(one) or one not in written]
    newest = markers.newest(one for one in there.values() if one.number not in damaged)
    evidence = {"written": len(written), "restored": len(there), "damaged": sorted(damaged), "newest": newest.number if newest else None}
    if damaged:
        return Check(
            MARKERS, False, f"{len(damaged)} of the {len(there)} markers that came back are not as they were written", evidence
        ), newest
    if not written or written[0].number not in there:
        return Check(MARKERS, False, "The first marker did not come back, although the backups had reached it", evidence), newest
    when = iso(newest.seconds) if newest else ""
    return Check(MARKERS, True, f"{len(there)} of {len(written)} markers came back intact; the newest is of {when}", evidence), newest


def judge_contents(source: Source, there: Fingerprint | None, ignore: Collection[str] = ()) -> tuple[Check, list[str]]:
    """(the check, notes about what it does not say). there: None if the restored instance does not have the database."""
    before = source.before
    if source.after is None:
        return Check(CONTENTS, True, f"Database {before.database} was dropped during the drill, and not compared"), []
    if there is None:
        return Check(CONTENTS, False, f"Database {before.database} is missing"), []
    found = judge(before, source.after, there, ignore)
    sentences = [one.sentence for one in found.differences]
    if before.tables and len(before.unread) == len(before.tables):
        sentences.append(f"None of the {len(before.tables)} tables could be read in the source: {_first(before.unread.values())}.")
    evidence = {
        "database": before.database,
        "tables": len(there.tables),
        "rows": there.rows,
        "schema": there.schema,
        "differences": [one.as_dict() for one in found.differences],
        "changed_meanwhile": list(found.moved),
    }
    notes = list(found.notes)
    if found.moved:
        notes.append(f"Changed during the drill, and therefore not compared exactly: {', '.join(found.moved)}.")
    if sentences:
        return Check(CONTENTS, False, f"Database {before.database} differs: {_shortened(sentences)}", evidence), notes
    equal = f"Database {before.database} is equal: {len(there.tables)} tables, {there.rows} rows, schema {there.schema}"
    return Check(CONTENTS, True, equal, evidence), notes


def judge_settings(source: Mapping[str, Any], restored: Mapping[str, Any], target: Target, key: str) -> Check:
    """Whether the restored instance is where it was asked to be, and is what the source is. Both are DBInstances."""
    parameters = [one for one in restored.get("DBParameterGroups") or () if one.get("DBParameterGroupName") == target.parameter_group]
    wanted: dict[str, tuple[Any, Any]] = {
        "engine version": (source.get("EngineVersion"), restored.get("EngineVersion")),
        "subnet group": (target.subnet_group, (restored.get("DBSubnetGroup") or {}).get("DBSubnetGroupName")),
        "security groups": (
            sorted(target.security_groups),
            sorted(str(one["VpcSecurityGroupId"]) for one in restored.get("VpcSecurityGroups") or ()),
        ),
        "parameter group": (
            f"{target.parameter_group} in-sync",
            " ".join(f"{target.parameter_group} {one.get('ParameterApplyStatus')}" for one in parameters),
        ),
        "key": (key, str(restored.get("KmsKeyId") or "")),
        "public access": (False, bool(restored.get("PubliclyAccessible"))),
    }
    wrong = [f"its {name} is {found or 'not set'}, not {expected}" for name, (expected, found) in wanted.items() if found != expected]
    evidence = {name.replace(" ", "_"): found for name, (dummy, found) in wanted.items()}
    if wrong:
        return Check(SETTINGS, False, f"The restored instance is not as it was asked for: {'; '.join(wrong)}", evidence)
    return Check(
        SETTINGS, True, "The restored instance has the version of the source, and the network, groups and key of the target", evidence
    )


def _shortened(sentences: Sequence[str]) -> str:
    unique = list(dict.fromkeys(sentences))
    more = len(unique) - MOST_SENTENCES
    return " ".join(unique[:MOST_SENTENCES]) + (f" And {more} more." if more > 0 else "")


def _first(values: Iterable[str]) -> str:
    return next(iter(values), "")
