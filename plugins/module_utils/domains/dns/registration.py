# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The DNS domain's entry in the registry of domains."""

from __future__ import annotations

from ...component.registration import Details, Registration


def load() -> Details:
    from .domain import KINDS, SERVICES
    from .names import names
    from .permissions import PERMISSIONS
    from .samples import samples

    return Details(kinds=KINDS, services=SERVICES, permissions=PERMISSIONS, names=names, samples=samples)


REGISTRATION = Registration(name="dns", role="dns", variable="dns_zones", order=("health_check", "hosted_zone", "certificate"), load=load)
