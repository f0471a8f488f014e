# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The outputs of a component's zones and certificates, computed from addresses and attributes alone."""

from __future__ import annotations

from typing import Any

from ...component.outputs import Attributes, halves, split, value

ZONE = {"id": "id", "arn": "arn", "domain": "domain", "name_servers": "name_servers"}
"""output of a zone -> attribute of hosted_zone."""
NESTED = ("certificates", "health_checks")


def outputs(attributes: Attributes, region: str = "") -> dict[str, Any]:
    """{"zones": {name: {id, arn, domain, name_servers, certificates: {name: {arn, arns: {region: arn}}}, health_checks: {name: {id}}}}}.

    ``region``: the component's own. ``arn`` is None for a certificate that only other regions have.
    """
    zones: dict[str, Any] = {}
    for address in sorted(attributes, key=lambda one: not one.startswith("hosted_zone.")):
        kind, name = split(address)
        zone, rest = halves(name, "/")
        found = zones.setdefault(zone, {**dict.fromkeys(ZONE), **{nested: {} for nested in NESTED}})
        if kind == "hosted_zone":
            found.update({key: value(attributes, address, attribute) for key, attribute in ZONE.items()})
        elif kind == "health_check":
            found["health_checks"][rest] = {"id": value(attributes, address, "id")}
        elif kind == "certificate":
            own, elsewhere = halves(rest, "/")
            certificate = found["certificates"].setdefault(own, {"arn": None, "arns": {}})
            arn = value(attributes, address, "arn")
            certificate["arns"][elsewhere or region] = arn
            certificate["arn"] = certificate["arn"] if elsewhere else arn
    return {"zones": {name: zones[name] for name in sorted(zones)}}
