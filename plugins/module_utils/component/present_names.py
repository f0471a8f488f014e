# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Names that AWS cannot change, and that are derived from an address or an identifier."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from ..reconcile.model import Observed, Resource


def with_present_names(resources: Sequence[Resource], observed: Iterable[Observed], names: Mapping[str, str]) -> list[Resource]:
    """The resources. One that exists under another name, because it was moved or adopted, keeps that name.

    ``names``: kind -> the property with the name.
    """
    there = {seen.address: seen.properties.get(names[seen.kind]) for seen in observed if seen.kind in names and seen.state != "deleting"}
    return [
        replace(one, properties={**one.properties, names[one.kind]: there[one.address]}) if there.get(one.address) else one
        for one in resources
    ]
