# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The certificates of distributions by the names that the zones of an inventory give them. Pure functions.

The role puts ARNs in their place; the module takes ARNs alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ...inputs.certificates import certificates_in, check_name, is_name, published
from ...inputs.problems import Problems
from ...reconcile.model import UNKNOWN
from .kinds.cloudfront import HOME

NAME, ARN = "certificate", "certificate_arn"


def names_in(distributions: Any) -> Iterator[tuple[str, str]]:
    """(distribution, name of its certificate). What is no mapping is left to the reading of the settings."""
    for distribution, settings in distributions.items() if isinstance(distributions, Mapping) else ():
        if isinstance(settings, Mapping) and is_name(settings.get(NAME)):
            yield str(distribution), str(settings[NAME])


def with_arns(distributions: Any, zones: Mapping[str, Any], outputs: Mapping[str, Any]) -> Any:
    """The settings with the ARNs of certificates, or a placeholder until they exist. ``outputs``: those of the zones, by name."""
    named = dict(names_in(distributions))
    if not named:
        return distributions
    return {name: _with_arn(one, zones, outputs) if name in named else one for name, one in distributions.items()}


def _with_arn(settings: Mapping[str, Any], zones: Mapping[str, Any], outputs: Mapping[str, Any]) -> dict[str, Any]:
    arns = published(settings[NAME], zones, outputs).get("arns") or {}
    others = {name: value for name, value in settings.items() if name != NAME}
    return {**others, ARN: str(arns.get(HOME) or UNKNOWN)}


def problems(distributions: Any, zones: Mapping[str, Any], region: str) -> list[str]:
    """Names that no zone has, and certificates that are not in the region of CloudFront. ``region``: that of the component."""
    found = Problems()
    known = certificates_in(zones)
    for distribution, name in names_in(distributions):
        path = f"distributions.{distribution}.{NAME}"
        before = len(found.messages)
        check_name(name, path, known, "s3_cdn_dns_component", found)
        if distributions[distribution].get(ARN):
            found.add(path, name, f"{ARN} is set too; remove one of the two")
        if len(found.messages) > before:
            continue
        ((zone, one),) = known[name]
        given = (zones[zone]["certificates"][one] or {}).get("regions") or [region]
        if HOME not in given:
            remedy = f"it is in {', '.join(map(str, given))}, and CloudFront takes certificates of {HOME} only: add {HOME} to its regions"
            found.add(path, name, remedy)
    return found.messages
