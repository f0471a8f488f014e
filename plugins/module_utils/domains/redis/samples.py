# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The smallest resource of each kind of a cache, for tests that create, change and delete one of each kind.

A cache needs a network, so the samples include the smallest one as well.
"""

from __future__ import annotations

from dataclasses import replace

from ...aws.operations import Operation
from ...aws.place import Place
from ...aws.samples import Drift, Sample
from ...kinds.samples import NAME, VPC, key, log_group, plain_secret, subnets
from ...reconcile.model import Resource, ref
from .kinds.cache_log_group import PREFIX

FAMILY = "valkey8"
PARAMETERS = Resource(
    "cache_parameter_group",
    NAME,
    {
        "cache_parameter_group_name": f"{NAME}-parameters",
        "cache_parameter_group_family": FAMILY,
        "description": NAME,
        "parameters": {"maxmemory-policy": "allkeys-lru"},
    },
)
DISABLED = Resource(
    "cache_user",
    "disabled",
    {"user_id": f"{NAME}-default", "user_name": "default", "engine": "valkey", "access_string": "off -@all", "login": {"disabled": True}},
)


def samples(place: Place) -> tuple[Sample, ...]:
    return (
        data_key(place),
        log_group(place, "cache_log_group", PREFIX),
        plain_secret(place),
        subnet_group(place),
        parameter_group(),
        user(),
        user_group(),
        replication_group(place),
    )


def data_key(place: Place) -> Sample:
    sample = key(place)
    return replace(sample, resource=replace(sample.resource, kind="cache_key"))


def subnet_group_resource(place: Place) -> Resource:
    properties = {
        "cache_subnet_group_name": f"{NAME}-subnets",
        "cache_subnet_group_description": "one",
        "subnet_ids": [ref(subnet.address) for subnet in subnets(place)],
    }
    return Resource("cache_subnet_group", NAME, properties)


def subnet_group(place: Place) -> Sample:
    return Sample(
        subnet_group_resource(place),
        needs=(VPC, *subnets(place)),
        change={"cache_subnet_group_description": "two"},
        drift=Drift(
            Operation("elasticache", "modify_cache_subnet_group"),
            lambda one: {"CacheSubnetGroupName": one.id, "CacheSubnetGroupDescription": "by hand"},
            "cache_subnet_group_description",
        ),
    )


def parameter_group() -> Sample:
    return Sample(
        PARAMETERS,
        change={"parameters": {"timeout": "60"}},
        drift=Drift(
            Operation("elasticache", "modify_cache_parameter_group"),
            lambda one: {
                "CacheParameterGroupName": one.id,
                "ParameterNameValues": [{"ParameterName": "maxmemory-policy", "ParameterValue": "noeviction"}],
            },
            "parameters",
        ),
    )


def user() -> Sample:
    properties = {
        "user_id": NAME,
        "user_name": NAME,
        "engine": "valkey",
        "access_string": "on ~one:* +@read",
        "login": {"iam": True},
    }
    return Sample(
        Resource("cache_user", NAME, properties),
        change={"access_string": "on ~two:* +@read"},
        drift=Drift(
            Operation("elasticache", "modify_user"), lambda one: {"UserId": one.id, "AccessString": "on ~* +@all"}, "access_string"
        ),
    )


def user_group() -> Sample:
    properties = {"user_group_id": NAME, "engine": "valkey", "user_ids": [ref(DISABLED.address)]}
    member = replace(user().resource, name="member", properties={**user().resource.properties, "user_id": "member", "user_name": "member"})
    return Sample(
        Resource("cache_user_group", NAME, properties),
        needs=(DISABLED, member),
        change={"user_ids": [ref(DISABLED.address), ref(member.address)]},
        drift=Drift(
            Operation("elasticache", "modify_user_group"), lambda one: {"UserGroupId": one.id, "UserIdsToAdd": ["member"]}, "user_ids"
        ),
    )


def group_resource(place: Place) -> Resource:
    properties = {
        "replication_group_id": NAME,
        "replication_group_description": "one",
        "engine": "valkey",
        "engine_version": "8",
        "cache_node_type": "cache.t4g.small",
        "cache_parameter_group_name": ref(PARAMETERS.address),
        "cache_subnet_group_name": ref(subnet_group_resource(place).address),
        "shards": {"0001": 0},
        "cluster_mode": "disabled",
        "automatic_failover_enabled": False,
        "multi_az_enabled": False,
        "transit_encryption": "required",
        "at_rest_encryption_enabled": True,
        "login": {"open": True},
        "snapshot_retention_limit": 1,
    }
    return Resource("replication_group", NAME, properties, after=(PARAMETERS.address,))


def replication_group(place: Place) -> Sample:
    return Sample(
        group_resource(place),
        needs=(VPC, *subnets(place), subnet_group_resource(place), PARAMETERS),
        change={"cache_node_type": "cache.t4g.medium"},
        drift=Drift(
            Operation("elasticache", "modify_replication_group"),
            lambda one: {"ReplicationGroupId": one.id, "CacheNodeType": "cache.t4g.micro", "ApplyImmediately": True},
            "cache_node_type",
        ),
    )
