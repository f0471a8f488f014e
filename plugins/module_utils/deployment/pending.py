# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What a release would have to do, for those who decide something before it, such as whether the snapshot gate protects a migration."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..cluster_objects.manifest import read
from . import identity
from .record import Release, already_migrated


def migration_pending(
    releases: Sequence[Release], objects: Sequence[Mapping[str, Any]], migration: Mapping[str, Any] | None, other: Any = None
) -> tuple[str, bool]:
    """(the id of the release, whether its migration is still to run).

    ``releases``: the records of the application (``History.read``). ``objects``, ``migration``: as app_release gets them, images pinned.
    ``other``: see ``release_id``.
    """
    wanted, _problems = read(list(objects), "")
    release = identity.release_id(wanted, migration, other)
    return release, migration is not None and already_migrated(list(releases), release) is None
