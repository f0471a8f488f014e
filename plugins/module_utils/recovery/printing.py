# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Takes the fingerprints of the databases of an instance."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence

from .access import Door
from .fingerprint.model import Fingerprint, Options
from .fingerprint.taking import take

DATABASES = "SELECT datname FROM pg_database WHERE NOT datistemplate AND datallowconn AND has_database_privilege(oid, 'CONNECT')"
SERVICE = ("rdsadmin",)
"""Databases of RDS, which no login of ours may enter."""

MAINTENANCE = "postgres"

Printed = Mapping[str, Fingerprint]
"""By the name of the database."""


def print_all(door: Door, names: Sequence[str], reading: Options) -> dict[str, Fingerprint]:
    """The fingerprint of each of these databases, or of all that the login may enter if none is named. Raises CallFailed."""
    found = {}
    for name in names or _databases(door):
        with contextlib.closing(door.open(name)) as session:
            found[name] = take(session, reading)
    return found


def _databases(door: Door) -> list[str]:
    with contextlib.closing(door.open(MAINTENANCE)) as session:
        return sorted(str(name) for (name,) in session.rows(DATABASES) if name not in SERVICE)
