# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The names of an instance's parts, and of what an inventory names in AWS. Pure functions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...aws.grants import Names
from ...aws.owner import Owner
from ...aws.place import Place
from ...inputs.networks import Network
from ...inputs.problems import Problems
from .settings.instance import Instance, read
from .settings.replicas import Replica

KEY = "database_key.data"
"""The component's key: for storage, insights, logs, and secrets of all its instances."""

MONITORING = "iam_role.monitoring"
LONGEST_ROLE_NAME = 64
"""IAM's limit on the length of role names."""


def secret_name(place: Place, instance: str, part: str) -> str:
    """Below the component's prefix, by which its secrets are found."""
    return f"{place.path}{instance}/{part}"


def role_name(environment: str, component: str, *parts: str) -> str:
    """Unique in the account: no part contains a dot."""
    return ".".join((environment, component, *parts))


def user_part(user: str) -> str:
    return f"user-{user}"


def names(instances: Any, environment: str, _component: str) -> Names:
    """What policies are limited to: the subnets and security groups that the inventory lists, and the further regions that it names."""
    found = read(instances, "databases", environment, Network(), Problems())
    placed: list[Instance | Replica] = [*found.values(), *(replica for one in found.values() for replica in one.replicas.values())]
    return Names(
        subnets=tuple(sorted({subnet for one in placed for subnet in one.subnet_ids})),
        security_groups=tuple(sorted({group for one in placed for group in one.security_group_ids})),
        regions=regions(found),
    )


def regions(instances: Mapping[str, Instance]) -> tuple[str, ...]:
    """The further regions that the settings of these instances name: those of replicas and of replicated backups."""
    replicas = {replica.region for one in instances.values() for replica in one.replicas.values() if replica.region}
    backups = {one.backups.replicate_to.region for one in instances.values() if one.backups.replicate_to is not None}
    return tuple(sorted(replicas | backups))


def identifiers(instance: Instance, region: str = "") -> list[str]:
    """The identifiers of an instance and of its replicas in its region, or of its replicas in a further region."""
    own = [] if region else [instance.identifier]
    return [*own, *(one.identifier for one in instance.replicas.values() if one.region == region)]


def secret_names(instances: Mapping[str, Instance], environment: str, component: str) -> tuple[list[str], list[str]]:
    """The names of all described secrets, and of those that users log in with."""
    path = Owner(environment, component).path
    masters = [f"{path}{name}/master" for name, one in instances.items() if one.master.credentials == "generated"]
    users = [f"{path}{name}/{user_part(user)}" for name, one in instances.items() for user in one.content.passwords]
    return [*masters, *users], users
