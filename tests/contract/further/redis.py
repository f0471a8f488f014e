"""What caches depend on: how it is counted, and cases that the smallest resource of a kind does not cover."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from ansible_collections.mainstay.aws.plugins.module_utils.aws.operations import Operation
from ansible_collections.mainstay.aws.plugins.module_utils.aws.place import Place
from ansible_collections.mainstay.aws.plugins.module_utils.aws.samples import Drift, Sample
from ansible_collections.mainstay.aws.plugins.module_utils.domains.redis.samples import group_resource, replication_group, user
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.model import Resource, ref
from rehearsal.testing import Cloud
from tests.contract.account import listed
from tests.contract.further.shared import FEW, MANY, keys


def user_with_password(place: Place) -> Sample:
    """A password from a secret, which another login replaces; tags, one of them changed by hand."""
    secret = Resource("secret", "login", {"secret_name": f"{place.path}login", "content": {}, "deletion_date": None})
    login = {"secret_arn": ref(secret.address, "arn"), "version": ref(secret.address, "version_id"), "previous": "accept"}
    properties = {**user().resource.properties, "user_id": "login", "user_name": "login", "login": login, "tags": MANY}
    return Sample(
        Resource("cache_user", "login", properties),
        needs=(secret,),
        change={"login": {**login, "previous": "refuse"}, "tags": FEW},
        drift=Drift(
            Operation("elasticache", "remove_tags_from_resource"),
            lambda one: {"ResourceName": one.attributes["arn"], "TagKeys": ["team"]},
            "tags",
        ),
    )


def sharded(place: Place, change: dict[str, int]) -> Sample:
    """Cluster mode with two shards."""
    small = replication_group(place)
    parameters = next(one for one in small.needs if one.kind == "cache_parameter_group")
    clustered = replace(parameters, properties={**parameters.properties, "parameters": {"cluster-enabled": "yes"}})
    properties = {
        **group_resource(place).properties,
        "replication_group_id": "sharded",
        "cluster_mode": "enabled",
        "automatic_failover_enabled": True,
        "shards": {"0001": 1, "0002": 1},
    }
    needs = tuple(clustered if one is parameters else one for one in small.needs)
    return replace(
        small, resource=Resource("replication_group", "sharded", properties, (clustered.address,)), needs=needs, change={"shards": change}
    )


def more_replicas(place: Place) -> Sample:
    return sharded(place, {"0001": 1, "0002": 2})


def more_shards(place: Place) -> Sample:
    return sharded(place, {"0001": 1, "0002": 1, "0003": 1})


def own_groups(cloud: Cloud) -> Counter[str]:
    """Without AWS's default groups."""
    found = cloud.client("elasticache").describe_cache_parameter_groups()["CacheParameterGroups"]
    return Counter(groups=sum(not one["CacheParameterGroupName"].startswith("default.") for one in found))


COUNTS = {
    "cache_key": keys,
    "cache_log_group": listed("logs", "describe_log_groups", "logGroups"),
    "cache_parameter_group": own_groups,
    "cache_subnet_group": listed("elasticache", "describe_cache_subnet_groups", "CacheSubnetGroups"),
    "cache_user": listed("elasticache", "describe_users", "Users"),
    "cache_user_group": listed("elasticache", "describe_user_groups", "UserGroups"),
    "replication_group": listed("elasticache", "describe_replication_groups", "ReplicationGroups"),
}
FURTHER = {"redis": {"password": user_with_password, "replicas": more_replicas, "shards": more_shards}}
