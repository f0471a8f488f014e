# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What a release leaves behind that is no longer wanted. Pure functions.

Every object that a release applies is in its record before it is applied. So the objects of earlier records that the current release does
not have are all that can be left over, and nothing has to be searched for.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ..cluster_objects.manifest import Wanted, read
from .phases import is_prepared
from .record import Release, last_verified
from .references import configs_of
from .refusals import KEEPS_DATA

Key = tuple[str, str, str]


def recorded(release: Release) -> list[Wanted]:
    """The objects of a record, in the form of wanted ones. Entries that are no manifests are left out."""
    found, _problems = read(list(release.objects), "")
    return found


def besides(release: Release) -> list[Wanted]:
    """What a strategy applied beside a release's objects, such as a canary."""
    found, _problems = read(list(release.beside), "")
    return found


def leftovers(current: Iterable[Wanted], history: Sequence[Release], namespace: str) -> list[Wanted]:
    """The objects that the current release, once it is verified, has made superfluous.

    ``history``: all records, the newest first, without the current release. What pods need to start (configuration, secrets, rights) stays
    as long as the last verified release has it or refers to it: going back to that release needs it, and so do its pods that are still
    running. What holds data is never deleted, and nothing outside the application's namespace is.
    """
    wanted = {(one.kind, one.namespace, one.called) for one in current}
    before = last_verified(list(history))
    kept = needed_by(before) if before else set()
    found: dict[Key, Wanted] = {}
    for release in history:
        for one in (*recorded(release), *besides(release)):
            key = (one.kind, one.namespace, one.called)
            if key not in wanted and key not in kept and one.namespace == namespace and one.kind not in KEEPS_DATA:
                found.setdefault(key, one)
    return list(found.values())


def needed_by(release: Release) -> set[Key]:
    """What pods of a release need to start: what it prepared, and what its objects refer to."""
    prepared = {(one.kind, one.namespace, one.called) for one in recorded(release) if is_prepared(one)}
    return prepared | configs_of(release.objects)
