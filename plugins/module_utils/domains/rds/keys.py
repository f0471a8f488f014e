# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The component's keys: one in its own region, and one in each further region where something of its instances is encrypted. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ...aws.place import Place
from ...aws.policies import data_key
from ...reconcile.model import Ref, Resource, ref
from .kinds.db_log_group import log_group_name
from .names import KEY, identifiers
from .settings.instance import Instance

KEY_KIND = KEY.partition(".")[0]


def keys(instances: Mapping[str, Instance], place: Place) -> list[Resource]:
    """One key for all instances of the component, and one in each region that has a replica, or backups without a key of their own."""
    if not instances:
        return []
    one_each = [instances[name] for name in sorted(instances)]
    replicas = {replica.region for one in one_each for replica in one.replicas.values() if replica.region}
    backups = {to.region for one in one_each if (to := one.backups.replicate_to) and not to.kms_key_arn}
    return [key(one_each, place), *(key(one_each, place.in_region(region), region) for region in sorted(replicas | backups))]


def key(instances: Sequence[Instance], place: Place, region: str = "") -> Resource:
    """For storage, insights, secrets, and the logs of instances. ``region``: the further region that it is for, if any."""
    logs = [name for one in instances for name in identifiers(one, region)]
    properties = data_key(place, "Databases", [log_group_name(identifier, "*") for identifier in logs])
    return Resource(KEY_KIND, region or KEY.partition(".")[2], {**at(region), **properties})


def key_in(region: str) -> Ref:
    """The ARN of the component's key in a further region, or in its own if empty."""
    return ref(f"{KEY_KIND}.{region}" if region else KEY, "arn")


def at(region: str) -> dict[str, str]:
    """The property of a resource in a further region; resources in the component's own do not have it."""
    return {"region": region} if region else {}
