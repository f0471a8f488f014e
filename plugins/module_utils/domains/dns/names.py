# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What an inventory names in Route 53 and ACM, for policies. Pure functions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...aws.grants import Names
from ...inputs.problems import Problems
from .settings.zones import Zone, read_zones


def regions(zones: Mapping[str, Zone], region: str = "") -> tuple[str, ...]:
    """The further regions in which certificates are. ``region``: the component's own."""
    named = {one for zone in zones.values() for certificate in zone.certificates.values() for one in certificate.regions}
    return tuple(sorted(named - {"", region}))


def names(zones: Any, _environment: str, _component: str) -> Names:
    """The domains, to which changes of records are limited, and the regions. The IDs of zones are not known beforehand."""
    found = read_zones(zones, "zones", Problems())
    return Names(domains=tuple(sorted({zone.domain for zone in found.values() if zone.domain})), regions=regions(found))
