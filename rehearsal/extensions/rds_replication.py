"""Which instances are replicas of which. A replica in another region is known by its ARN."""

from __future__ import annotations

from typing import Any

from rehearsal.extensions.rds_servers import has_server, submit
from rehearsal.registry import backend


def name_for(instance: Any, other: Any) -> str:
    """How an instance names another one: by its ARN if that is in another region."""
    return str(other.db_instance_identifier if other.region == instance.region else other.arn)


def _found(instance: Any, name: str) -> Any:
    if name.startswith("arn:"):
        parts = name.split(":")
        return backend("rds", parts[4], parts[3]).databases.get(parts[6])
    return instance.backend.databases.get(name)


def source_of(replica: Any) -> Any:
    """The source of a replica; None if it is no replica."""
    return _found(replica, str(replica.source_db_instance_identifier)) if replica.is_replica else None


def replicas_of(instance: Any) -> list[Any]:
    found = (_found(instance, name) for name in instance.replicas)
    return [one for one in found if one is not None]


def attach(replica: Any, source: Any) -> None:
    replica.is_replica = True
    replica.source_db_instance_identifier = name_for(replica, source)
    source.replicas.append(name_for(source, replica))


def detach(replica: Any) -> None:
    """The replica no longer follows its source."""
    source = source_of(replica)
    if source is not None:
        source.replicas = [name for name in source.replicas if name != name_for(source, replica)]
    replica.is_replica = False
    replica.source_db_instance_identifier = None


def stand_alone(replica: Any) -> None:
    """The replica has become an instance of its own."""
    detach(replica)
    if has_server(replica):
        submit(replica, lambda servers, key: servers.promote(key))


def renamed(instance: Any, before: str, name: str) -> None:
    """The instance has another identifier: what names it follows."""
    old_arn = instance.arn.replace(f":{name}", f":{before}")
    for region in backend_regions(instance):
        for other in region.databases.values():
            if other.source_db_instance_identifier in (before, old_arn) and other.is_replica:
                other.source_db_instance_identifier = name_for(other, instance)
            other.replicas = [name_for(other, instance) if one in (before, old_arn) else one for one in other.replicas]


def backend_regions(instance: Any) -> list[Any]:
    """The backends of the regions that the account of an instance uses."""
    from moto.rds.models import rds_backends

    return list(rds_backends[instance.account_id].values())
