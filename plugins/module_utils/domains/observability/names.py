# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The names of what a component consists of. Pure functions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...aws.grants import Names
from ...aws.place import Place
from .platform import GLOBAL_REGION

KEY = "alarms"


def names(_severities: Any, _environment: str, _component: str) -> Names:
    """What policies are limited to: alarms on what CloudFront and Route 53 measure, and their topics, live in one region."""
    return Names(regions=(GLOBAL_REGION,))


def part(name: str, region: str, home: str) -> str:
    """The name in an address: with its region, unless that is the component's own."""
    return name if region == home else f"{name}/{region}"


def own_name(place: Place, name: str, region: str = "") -> str:
    """A name in AWS with the prefix of the component; with a region, where names must not repeat in two regions."""
    away = f"-{region}" if region and region != place.region else ""
    return f"{place.environment}-{place.component}-{name}{away}"


def elsewhere(properties: Mapping[str, Any], region: str, home: str) -> dict[str, Any]:
    """The properties of a resource that may live in another region."""
    return {**properties, **({} if region == home else {"region": region})}
