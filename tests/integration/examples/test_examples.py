# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Every inventory plans from nothing. The production ones are built, and AWS's own responses show that they meet their requirements."""

from __future__ import annotations

import fnmatch
import ipaddress
import itertools
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.mainstay.aws.plugins.module_utils.aws.place import Place
from ansible_collections.mainstay.aws.plugins.module_utils.component.domain import Observation
from ansible_collections.mainstay.aws.plugins.module_utils.component.parts import Context as MessagingContext
from ansible_collections.mainstay.aws.plugins.module_utils.domains.database_content.wanted.settings import read_contents
from ansible_collections.mainstay.aws.plugins.module_utils.domains.dns import preflight as dns_input
from ansible_collections.mainstay.aws.plugins.module_utils.domains.dns import resources as dns
from ansible_collections.mainstay.aws.plugins.module_utils.domains.dns.validate import validate as validate_zones
from ansible_collections.mainstay.aws.plugins.module_utils.domains.eks import resources as eks
from ansible_collections.mainstay.aws.plugins.module_utils.domains.eks import validate as eks_input
from ansible_collections.mainstay.aws.plugins.module_utils.domains.eks.preflight import FOUND_LATER
from ansible_collections.mainstay.aws.plugins.module_utils.domains.messaging.parts import validate as validate_messaging
from ansible_collections.mainstay.aws.plugins.module_utils.domains.messaging.resources_brokers import build as build_brokers
from ansible_collections.mainstay.aws.plugins.module_utils.domains.messaging.resources_queues import build as build_queues
from ansible_collections.mainstay.aws.plugins.module_utils.domains.messaging.settings.broker import Broker
from ansible_collections.mainstay.aws.plugins.module_utils.domains.network.resources import build
from ansible_collections.mainstay.aws.plugins.module_utils.domains.network.validate import validate
from ansible_collections.mainstay.aws.plugins.module_utils.domains.rds import preflight as rds_input
from ansible_collections.mainstay.aws.plugins.module_utils.domains.rds import replication
from ansible_collections.mainstay.aws.plugins.module_utils.domains.rds import resources as rds
from ansible_collections.mainstay.aws.plugins.module_utils.domains.rds.facts import AwsFacts
from ansible_collections.mainstay.aws.plugins.module_utils.domains.rds.validate import validate as validate_instances
from ansible_collections.mainstay.aws.plugins.module_utils.domains.redis import preflight as redis_input
from ansible_collections.mainstay.aws.plugins.module_utils.domains.redis.resources import Known
from ansible_collections.mainstay.aws.plugins.module_utils.domains.redis.resources import build as build_caches
from ansible_collections.mainstay.aws.plugins.module_utils.domains.redis.validate import validate as validate_caches
from ansible_collections.mainstay.aws.plugins.module_utils.domains.repositories.resources import build as build_repositories
from ansible_collections.mainstay.aws.plugins.module_utils.domains.repositories.validate import validate as validate_repositories
from ansible_collections.mainstay.aws.plugins.module_utils.domains.s3_cdn.domain import S3CdnDomain
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.model import UNKNOWN, Resource
from rehearsal.container_images import push
from rehearsal.testing import Cloud
from scripts.terminal import ROOT
from tests.integration.examples import alarm_state as rings_
from tests.integration.examples import applications, company_tags, others
from tests.integration.examples import broker_state as works_
from tests.integration.examples import bucket_state as stores_
from tests.integration.examples import cache_state as caches_
from tests.integration.examples import cluster_state as has_
from tests.integration.examples import database_state as keeps_
from tests.integration.examples import edge_state as fronts_
from tests.integration.examples import network_state as is_
from tests.integration.examples import queue_state as carries_
from tests.integration.examples import registry_state as holds_
from tests.integration.examples import zone_state as serves_
from tests.integration.examples.alarm_state import AlarmState
from tests.integration.examples.broker_state import BrokerState
from tests.integration.examples.bucket_state import BucketState
from tests.integration.examples.cache_state import CacheState
from tests.integration.examples.cluster_state import ClusterState
from tests.integration.examples.database_state import CERTIFICATES, DatabaseState, Logins
from tests.integration.examples.edge_state import EdgeState
from tests.integration.examples.network_state import NetworkState
from tests.integration.examples.queue_state import QueueState
from tests.integration.examples.registry_state import RegistryState
from tests.integration.examples.running import (
    APPLICATIONS,
    CONTENT,
    INVENTORIES,
    Run,
    confined_cloud_of,
    denials,
    has_group,
    mutations,
    play,
    unprotected,
    variables,
    with_every_right,
)
from tests.integration.examples.zone_state import ZoneState

AF = ("af-south-1a", "af-south-1b", "af-south-1c")
EU = ("eu-west-1a", "eu-west-1b", "eu-west-1c")
US = ("us-east-1a", "us-east-1b", "us-east-1c")

Check = Callable[[NetworkState], None]

DESTROYED = ("examples/innovate/workloads", "examples/codelearn/prod", "examples/brandcoach/prod")
"""The platforms that `make test` also destroys: between them they have every role. `make nightly` destroys the others."""

ROWS: Mapping[str, Mapping[str, Check]] = {
    "examples/brandcoach/prod": {
        "A2": is_.zones(*AF),
        "N1": is_.dedicated_vpc,
        "N3": is_.zones(*AF),
        "N5": is_.public_tier,
        "N6": is_.private_tier,
        "N10": is_.some_nat,
        "N11": is_.no_public_addresses,
    },
    "examples/innovate/workloads": {
        "A4": is_.account("123456789012"),
        "N1": is_.dedicated_vpc,
        "N2": is_.block("10.0.0.0/16"),
        "N3": is_.zones(*US),
        "N5": is_.public_tier,
        "N6": is_.private_tier,
        "N7": is_.isolated_database,
        "N8": is_.internet_gateway,
        "N9": is_.nat_per_zone,
        "N11": is_.no_public_addresses,
        "N12": is_.chain,
        "N13": is_.closed_to_the_world,
        "N14": is_.network_acls,
        "N15": is_.flow_logs,
    },
    "examples/codelearn/prod": {
        "A3": is_.zones(*US[:2]),
        "N1": is_.dedicated_vpc,
        "N2": is_.block("10.0.0.0/16"),
        "N4": is_.public_blocks(a="10.0.1.0/24", b="10.0.2.0/24"),
        "N13": is_.closed_to_the_world,
        "N15": is_.flow_logs,
    },
    "examples/creator-publishing/prod": {
        "A11": is_.nat_per_zone,
        "N1": is_.dedicated_vpc,
        "N3": is_.zones(*EU),
        "N13": is_.closed_to_the_world,
        "N14": is_.network_acls,
    },
    "examples/ai-community/prod": {
        "N1": is_.dedicated_vpc,
        "N6": is_.private_tier,
        "N10": is_.some_nat,
        "N13": is_.closed_to_the_world,
    },
}
"""inventory -> row of docs/requirements.md -> what must be true of the network once the inventory is applied."""

CLUSTER_ROWS: Mapping[str, Mapping[str, has_.Check]] = {
    "examples/brandcoach/prod": {
        "K1": has_.managed_control_plane,
        "K26": has_.newest_release,
        "K5": has_.node_group("workers", ["t3.medium"], 3, 9),
        "K6": has_.node_group("workers", ["t3.medium"], 3, 9),
        "K10": has_.named("brandcoach-cluster"),
        "K13": has_.metrics_for_autoscaling_of_pods,
        "K21": has_.least_rights_of_nodes,
        "K21, S3": has_.pods_reach("brandcoach-media-prod", "brandcoach", "api"),
        "K22": has_.load_balancer_controller,
    },
    "examples/innovate/workloads": {
        "K1": has_.managed_control_plane,
        "K26": has_.newest_release,
        "K2": has_.version("1.33"),
        "K2, Z25": has_.extended_support,
        "K3": has_.encrypted_secrets,
        "K4": has_.control_plane_logs,
        "K7": has_.node_group("system", ["t3.medium"], 2, 3),
        "K8": has_.node_group("application", ["t3.large"], 2, 20),
        "K13": has_.metrics_for_autoscaling_of_pods,
        "K15": has_.cluster_autoscaler,
        "K20": has_.role_by_service_account("flask-api", "flask-api"),
        "K23": has_.network_policies,
    },
    "examples/codelearn/prod": {
        "K1": has_.managed_control_plane,
        "K26": has_.newest_release,
        "K5": has_.node_group("standard-workers", ["m5.large"], 2, 10),
        "K9": has_.node_group("standard-workers", ["m5.large"], 2, 10, desired=3),
        "K10": has_.named("codelearn-cluster"),
        "K13": has_.metrics_for_autoscaling_of_pods,
        "K15": has_.cluster_autoscaler,
        "K16": has_.target_tracking("batch", 70.0),
        "K16, Z14": has_.one_owner_of_scaling,
        "K17": has_.schedules("batch", "30 7 * * 1-5", "0 22 * * *"),
        "K18": has_.node_group("batch", ["t3.medium", "t3a.medium"], 1, 6, capacity="SPOT"),
        "K22": has_.load_balancer_controller,
    },
    "examples/creator-publishing/prod": {
        "A11": has_.replaces_failed_nodes,
        "K1": has_.managed_control_plane,
        "K26": has_.newest_release,
        "K11": has_.fargate("jobs"),
        "K12": has_.encrypted_disks,
        "K25": has_.replaces_failed_nodes,
    },
    "examples/ai-community/prod": {
        "K1": has_.managed_control_plane,
        "K26": has_.newest_release,
        "K11": has_.fargate("jobs"),
        "K12": has_.encrypted_disks,
        "K25": has_.cluster_autoscaler,
    },
}
"""The same for the cluster."""

DATABASE_ROWS: Mapping[str, Mapping[str, keeps_.Check]] = {
    "examples/brandcoach/prod": {
        "D1, D23": keeps_.postgresql,
        "D2": keeps_.version("15"),
        "D3": keeps_.class_of("db.t3.large"),
        "D8": keeps_.standby,
        "D12": keeps_.encrypted,
        "D13, D15": keeps_.daily_backups,
        "D19": keeps_.patched("sat:23:30-sun:00:30"),
    },
    "examples/innovate/workloads": {
        "D1": keeps_.postgresql,
        "D2": keeps_.version("15"),
        "D4": keeps_.class_of("db.t3.medium"),
        "D6": keeps_.storage(100, "gp3"),
        "D9": keeps_.one_zone,
        "D12": keeps_.encrypted,
        "D13, D15": keeps_.daily_backups,
        "D14": keeps_.kept_for(14),
        "D24": keeps_.credentials_in_secrets_manager,
    },
    "examples/codelearn/prod": {
        "D1": keeps_.postgresql,
        "D2": keeps_.version("15"),
        "D4": keeps_.class_of("db.t3.medium"),
        "D5": keeps_.may_become("db.r5.large"),
        "D6": keeps_.storage(100, "gp3"),
        "D7": keeps_.grows_to(500),
        "D10": keeps_.standby,
        "D11": keeps_.replica("codelearn-postgres-reports"),
        "D12": keeps_.encrypted,
        "D13": keeps_.daily_backups,
        "D14": keeps_.kept_for(7),
        "D20": keeps_.pooled,
        "D21": keeps_.named("codelearn-postgres", "codelearn"),
        "D24": keeps_.credentials_in_secrets_manager,
    },
    "examples/creator-publishing/prod": {
        "D1": keeps_.postgresql,
        "D10": keeps_.standby,
        "D13, D15": keeps_.daily_backups,
        "D14": keeps_.kept_for(30),
        "D17": keeps_.copied_to("eu-central-1"),
        "D22": keeps_.observed,
        "A11": keeps_.protected,
    },
    "examples/ai-community/prod": {
        "D1": keeps_.postgresql,
        "D10": keeps_.standby,
        "D13, D15": keeps_.daily_backups,
        "D14": keeps_.kept_for(30),
        "D17": keeps_.copied_to("us-west-2"),
        "D22": keeps_.observed,
    },
}
"""The same for the database. What needs a login is in LOGINS."""

LOGINS: Mapping[str, Mapping[str, keeps_.LoginCheck]] = {
    "examples/ai-community/prod": {
        "D1": keeps_.master_is_no_superuser,
        "D18": keeps_.extension("community", "vector"),
        "X5": keeps_.user_logs_in_with_a_token("community", "community"),
    },
}
"""The inventories whose instances have servers, and what must be true inside. All others' exist in the RDS API only, to save time."""

CACHE_ROWS: Mapping[str, Mapping[str, caches_.Check]] = {
    "examples/brandcoach/prod": {"R1": caches_.encrypted_redis},
    "examples/codelearn/prod": {
        "R1": caches_.encrypted_redis,
        "R2": caches_.cluster_mode,
        "R3": caches_.survives_a_zone,
        "R4": caches_.node_type("cache.t3.medium"),
        "R5": caches_.named("codelearn-redis"),
    },
}
"""What must be true of caches."""

QUEUE_ROWS: Mapping[str, Mapping[str, carries_.Check]] = {
    f"examples/{platform}/prod": {"M2": carries_.queues("prod-email", "prod-analytics")}
    for platform in ("creator-publishing", "ai-community")
}
"""What must be true of queues."""

ALARM_ROWS: Mapping[str, Mapping[str, rings_.Check]] = {
    "examples/brandcoach/prod": {"O9": rings_.every_instance, "O11": rings_.heard("email")},
    **{
        f"examples/{platform}/prod": {
            "D22, O10": rings_.every_instance,
            "M3, O15": rings_.every_queue,
            "O12": rings_.heard("https", "slack", "email"),
            "O5, O16": rings_.counted("backend", "new-users", "posts-published", "subscriptions"),
        }
        for platform in ("creator-publishing", "ai-community")
    },
}
BROKER_ROWS: Mapping[str, Mapping[str, works_.Check]] = {
    "examples/codelearn/prod": {"M1": works_.broker("codelearn-jobs", "/mainstay/prod/queues/jobs", "learn", "learn", "email", "grading")},
    **{f"examples/{platform}/prod": {"M4": works_.no_streams} for platform in ("creator-publishing", "ai-community")},
}
"""What must be true of brokers."""

ZONE_ROWS: Mapping[str, Mapping[str, serves_.Check]] = {
    "examples/brandcoach/prod": {"S16": serves_.domain("brandcoach.example", "af-south-1", "us-east-1")},
    "examples/innovate/workloads": {"N16": serves_.domain("innovate.example", "us-east-1")},
    "examples/codelearn/prod": {"N16": serves_.domain("codelearn.example", "us-east-1")},
    "examples/creator-publishing/prod": {"N16": serves_.domain("creator-publishing.example", "eu-west-1", "us-east-1")},
    "examples/ai-community/prod": {"N16": serves_.domain("ai-community.example", "us-east-1")},
}
"""What must be true of zones and certificates."""


REGISTRY_ROWS: Mapping[str, Mapping[str, holds_.Check]] = {
    "examples/creator-publishing/prod": {"P11": holds_.repositories("prod-registry/backend", "prod-registry/jobs")},
    "examples/ai-community/prod": {"P11": holds_.repositories("prod-registry/backend", "prod-registry/workers")},
    "examples/innovate/management": {
        "P11": holds_.repositories("innovate/flask-api", "innovate/migrations"),
        "A4, C12": holds_.deployed_from("123456789012"),
    },
}
"""The same for repositories. An inventory without a network has no other rows."""


BUCKET_ROWS: Mapping[str, Mapping[str, stores_.Check]] = {
    "examples/brandcoach/prod": {"S1, S10": stores_.private("brandcoach-media-prod")},
    "examples/codelearn/prod": {
        "S3, S10, S17": stores_.private("codelearn-static-assets", "codelearn-backups", "codelearn-user-uploads"),
        "S7": stores_.versioned("codelearn-backups", "codelearn-user-uploads"),
        "S8": stores_.archived("codelearn-backups", "GLACIER"),
        "S9, B6": stores_.copied("codelearn-backups", "prod-storage-backup-copies", "us-west-2"),
    },
    **{
        f"examples/{platform}/prod": {
            "S17": stores_.private("prod-storage-content", "prod-storage-backups"),
            "S7": stores_.versioned("prod-storage-content", "prod-storage-backups"),
            "S8": stores_.archived("prod-storage-backups", "GLACIER"),
            "S9, B6": stores_.copied("prod-storage-content", "prod-storage-copies", region),
        }
        for platform, region in (("creator-publishing", "us-east-1"), ("ai-community", "us-west-2"))
    },
}
"""The same for buckets."""

EDGE_ROWS: Mapping[str, Mapping[str, fronts_.Check]] = {
    "examples/brandcoach/prod": {
        "S2": fronts_.private_bucket("/media/*"),
        "S5": fronts_.load_balancer("*", "origin.brandcoach.example"),
        "S5, Z15": fronts_.served_as("www.brandcoach.example"),
    },
    "examples/innovate/workloads": {
        "S4": fronts_.single_page,
        "S4, S2": fronts_.private_bucket("*"),
        "S5": fronts_.load_balancer("/api/*", "api.innovate.example"),
        "S5, Z15": fronts_.served_as("www.innovate.example"),
        "S11": fronts_.firewall,
    },
    "examples/codelearn/prod": {
        "S3": fronts_.published("/static/*", "static/css/site.4b8f21d0.css"),
        "S5": fronts_.load_balancer("*", "origin.codelearn.example"),
        "S5, Z15": fronts_.served_as("codelearn.example"),
        "S12": fronts_.regional_firewall(limited=False),
    },
    **{
        f"examples/{platform}/prod": {
            "S6": fronts_.buckets_alone,
            "S6, Z15": fronts_.served_as(f"content.{platform}.example"),
            "S13": fronts_.regional_firewall(limited=True),
        }
        for platform in ("creator-publishing", "ai-community")
    },
}
"""The same for distributions and web ACLs."""


def expected_addresses(inventory: str) -> set[str]:
    """The resources that the inventory describes, derived without AWS."""
    target = variables(inventory)
    place = (target["platform_region"], target["platform_account_id"])
    environment = target["platform_environment"]
    found = repository_addresses(inventory, Place(environment, "registry", *place))
    found |= bucket_addresses(inventory, Place(environment, "storage", *place))
    if not has_group(inventory, "vpc"):
        return found
    networks, problems = validate(variables(inventory, "vpc")["vpc_networks"], region=target["platform_region"])
    clusters, more = eks_input.validate(variables(inventory, "eks")["eks_clusters"], "eks_clusters", environment, "cluster", FOUND_LATER)
    described = (variables(inventory, "rds")["rds_databases"], "rds_databases", environment, "database", rds_input.FOUND_LATER)
    instances, wrong = validate_instances(*described)
    assert problems + more + wrong == []
    resources = build(networks, Place(environment, "network", *place)) + eks.build(clusters, Place(environment, "cluster", *place), {}, {})
    database = Place(environment, "database", *place)
    resources += [*rds.build(instances, database, AwsFacts(), lambda _name: False), *replication.resources(instances, database)]
    zones = variables(inventory, "dns")["dns_zones"] if (ROOT / inventory / "group_vars" / "dns.yml").exists() else {}
    described_zones, wrong_zones = validate_zones(zones, "dns_zones", dns_input.FoundLater(main="vpc"), target["platform_region"])
    assert wrong_zones == []
    resources += dns.build(described_zones, Place(environment, "zones", *place))
    resources += expected_caches(inventory, Place(environment, "cache", *place))
    resources += expected_queues(inventory, Place(environment, "queues", *place))
    inside = expected_content(variables(inventory, "rds")["rds_databases"]) if inventory in LOGINS else set()
    return {resource.address for resource in resources} | inside | found


def expected_caches(inventory: str, place: Place) -> list[Resource]:
    if not has_group(inventory, "redis"):
        return []
    described = variables(inventory, "redis")["redis_caches"]
    found, problems = validate_caches(described, "redis_caches", place.environment, redis_input.FOUND_LATER)
    assert problems == []
    return build_caches(found, place, Known())


def expected_queues(inventory: str, place: Place) -> list[Resource]:
    if not has_group(inventory, "messaging"):
        return []
    described = variables(inventory, "messaging")
    params = {"network": {"subnet_ids": [UNKNOWN, UNKNOWN], "security_group_ids": [UNKNOWN]}}
    context = MessagingContext(place.environment, place.component, place.region, place.account_id, params)
    given = {"queues": described.get("messaging_queues"), "brokers": described.get("messaging_brokers")}
    found, problems = validate_messaging(given, context)
    assert problems == []
    return [
        *build_queues(found["queues"], place),
        *build_brokers(found["brokers"], place, [], lambda _name: False),
        *inside_brokers(found["brokers"]),
    ]


def inside_brokers(brokers: Mapping[str, Broker]) -> Iterator[Resource]:
    """What the management API makes."""
    for name, one in brokers.items():
        yield Resource("rabbitmq_administrator", f"{name}/{one.administrator.username}", {})
        yield from (Resource("rabbitmq_vhost", f"{name}/{vhost}", {}) for vhost in one.content.vhosts)
        yield from (Resource("rabbitmq_user", f"{name}/{user}", {}) for user in one.content.users)


def repository_addresses(inventory: str, place: Place) -> set[str]:
    if not has_group(inventory, "ci_cd"):
        return set()
    described = variables(inventory, "ci_cd")["ci_cd_repositories"]
    repositories, problems = validate_repositories(described, "ci_cd_repositories", place.environment, place.component)
    assert problems == []
    return {resource.address for resource in build_repositories(repositories, place)}


def bucket_addresses(inventory: str, place: Place) -> set[str]:
    if not has_group(inventory, "s3_cdn"):
        return set()
    settings = {name.removeprefix("s3_cdn_"): value for name, value in variables(inventory, "s3_cdn").items()}
    certificate = f"arn:aws:acm:us-east-1:{place.account_id}:certificate/1"
    distributions = {
        name: {key: value for key, value in one.items() if key != "certificate"} | {"certificate_arn": certificate}
        for name, one in (settings.get("distributions") or {}).items()
    }
    given = {
        "environment": place.environment,
        "component": place.component,
        "region": place.region,
        "expected_account_id": place.account_id,
    }
    domain = S3CdnDomain({**given, **settings, "distributions": distributions, "state": "present"})
    return {resource.address for resource in domain.resources(Observation(place))}


def expected_alarms(inventory: str) -> set[str]:
    """Some of them: what the alarms of each item are is the matter of tests/unit/domains/observability."""
    if not has_group(inventory, "observability"):
        return set()
    items = {"database": "rds_databases", "cache": "redis_caches", "queue": "messaging_queues"}
    usual = {"database": "cpu", "cache": "memory-001", "queue": "depth"}
    groups = {"database": "rds", "cache": "redis", "queue": "messaging"}
    found = {
        f"{item}-{name}-{usual[item]}"
        for item, variable in items.items()
        for name in variables(inventory, groups[item]).get(variable) or {}
    }
    given = variables(inventory, "observability").get("observability_alarms") or {}
    off = [pattern for pattern, one in given.items() if one.get("enabled") is False]
    return {f"metric_alarm.{name}" for name in found if not any(fnmatch.fnmatch(name, pattern) for pattern in off)}


def expected_content(databases: Mapping[str, Any]) -> set[str]:
    """The roles, databases, and extensions that an inventory describes inside its instances."""
    found = set()
    for name, one in databases.items():
        contents, problems = read_contents(one.get("databases"), one.get("users"), "dbadmin")
        assert problems == []
        found |= {f"postgres_role.{name}/{user}" for user in contents.users}
        for database in contents.databases.values():
            found.add(f"postgres_database.{name}/{database.name}")
            found |= {f"postgres_schema.{name}/{database.name}/{schema.name}" for schema in database.schemas}
            found |= {f"postgres_extension.{name}/{database.name}/{extension.name}" for extension in database.extensions}
    return found


def updated(run: Run) -> list[dict[str, str]]:
    """The resources that a run changed."""
    return [{"kind": address.partition(".")[0]} for address, action in run.actions.items() if action["action"] == "update"]


def check_rows[S](inventory: str, state: S, rows: Mapping[str, Callable[[S], None]]) -> None:
    for row, check in rows.items():
        try:
            check(state)
        except (AssertionError, KeyError, ValueError) as error:
            raise AssertionError(f"{row} does not hold in {inventory}: {error!r}") from error


def planned_from_nothing(cloud: Cloud, inventory: str, folder: Path, *arguments: str) -> Run:
    """A plan on an empty account: it has every resource and every object that the inventory describes, and makes no change."""
    planned = play(cloud, inventory, folder, "--check", "--diff", *APPLICATIONS, *arguments, role="plan")
    assert planned.code == 0, planned.output
    expected = expected_addresses(inventory) | applications.addresses(inventory)
    watching = {action["address"] for one in planned.report["components"] if one["component"] == "alarms" for action in one["actions"]}
    created = {address for address, action in planned.actions.items() if action["action"] == "create"} - watching
    assert watching >= expected_alarms(inventory)
    assert {applications.without_release(address) for address in created} == expected
    assert set(planned.totals) == {"create"}
    assert (mutations(cloud), denials(cloud)) == ([], [])
    assert "DEPRECATION WARNING" not in planned.output
    return planned


@pytest.mark.slow
@pytest.mark.parametrize(
    "inventory",
    [
        pytest.param(one, marks=pytest.mark.nightly) if one.endswith("/staging") else one
        for one in INVENTORIES
        if one not in (*ROWS, *REGISTRY_ROWS)
    ],
)
def test_plan_from_nothing(inventory: str, tmp_path: Path) -> None:
    """The inventories that are built begin with the same plan. Those of staging have what those of dev and prod have."""
    with confined_cloud_of(inventory) as cloud:
        planned_from_nothing(cloud, inventory, tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("inventory", [one for one in REGISTRY_ROWS if one not in ROWS])
def test_life_of_a_registry(inventory: str, tmp_path: Path) -> None:
    """An account that has repositories only: planned, applied, planned again without a change, and destroyed with its images."""
    with confined_cloud_of(inventory) as cloud:
        planned_from_nothing(cloud, inventory, tmp_path)
        applied = play(cloud, inventory, tmp_path)
        assert (applied.code, denials(cloud)) == (0, []), applied.output
        with with_every_right(cloud):
            state = RegistryState(cloud.client)
            check_rows(inventory, state, REGISTRY_ROWS[inventory])
            for name in state.repositories():
                push(state.ecr, name, "v1")
        cloud.admin.clear_requests()
        again = play(cloud, inventory, tmp_path)
        assert (again.code, set(again.totals), mutations(cloud)) == (0, {"unchanged"}, []), again.output
        environment = variables(inventory)["platform_environment"]
        gone = play(cloud, inventory, tmp_path, "--extra-vars", f"destroy={environment}", playbook="playbooks/destroy.yml")
        assert (gone.code, denials(cloud)) == (0, []), gone.output
        assert state.repositories() == {}


@pytest.mark.slow
@pytest.mark.parametrize("inventory", [one for one in ROWS if one not in DESTROYED])
def test_a_platform_meets_its_requirements(inventory: str, tmp_path: Path) -> None:
    with confined_cloud_of(inventory, servers=inventory in LOGINS) as cloud:
        meets_its_requirements(cloud, inventory, tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("inventory", [one if one in DESTROYED else pytest.param(one, marks=pytest.mark.nightly) for one in ROWS])
def test_life_of_a_platform(inventory: str, tmp_path: Path) -> None:
    """It meets its requirements and is destroyed. What the account held before is left alone."""
    with confined_cloud_of(inventory, servers=inventory in LOGINS) as cloud:
        with with_every_right(cloud):
            before = others.identities(cloud)
        meets_its_requirements(cloud, inventory, tmp_path)
        with with_every_right(cloud):
            assert others.identities(cloud) == before
            assert others.boundaries(cloud) == {variables(inventory).get("platform_permissions_boundary")}

        # production clusters and databases are protected: another apply disables protection, and changes nothing else
        free = unprotected(inventory, tmp_path)
        changed = play(cloud, inventory, tmp_path, *free)
        protected = {"eks_cluster", "db_instance", "db_replica"}
        assert (changed.code, {one["kind"] for one in updated(changed)} <= protected) == (0, True), changed.output
        assert "eks_cluster" in {one["kind"] for one in updated(changed)}
        environment = variables(inventory)["platform_environment"]
        gone = play(cloud, inventory, tmp_path, *free, "--extra-vars", f"destroy={environment}", playbook="playbooks/destroy.yml")
        assert (gone.code, denials(cloud)) == (0, []), gone.output
        with with_every_right(cloud):
            assert NetworkState(cloud.client).ec2.describe_vpcs(Filters=[{"Name": "tag-key", "Values": ["mainstay:address"]}])["Vpcs"] == []
            assert others.identities(cloud) == before


def meets_its_requirements(cloud: Cloud, inventory: str, folder: Path) -> None:
    """Plan, apply, check the requirements, and plan again: the inventory's generated policies deny nothing."""
    inside = CONTENT if inventory in LOGINS else ()
    planned = planned_from_nothing(cloud, inventory, folder, *inside)
    applied = play(cloud, inventory, folder, *inside)
    assert applied.code == 0, applied.output
    deployed = applications.addresses(inventory)
    there = {one for one in planned.actions if applications.without_release(one) not in deployed and not applications.watches(one)}
    assert {one for one in applied.actions if not applications.watches(one)} == there
    assert set(applied.actions) <= set(planned.actions), "what an application's logs say counts whoever deploys it"

    state = NetworkState(cloud.client)
    with with_every_right(cloud):
        check_rows(inventory, state, ROWS[inventory])
        check_rows(inventory, ClusterState(cloud.client), CLUSTER_ROWS[inventory])
        check_rows(inventory, ZoneState(cloud.client), ZONE_ROWS.get(inventory, {}))
        check_rows(inventory, CacheState(cloud.client), CACHE_ROWS.get(inventory, {}))
        check_rows(inventory, QueueState(cloud.client), QUEUE_ROWS.get(inventory, {}))
        check_rows(inventory, AlarmState(cloud.client), ALARM_ROWS.get(inventory, {}))
        authority = cloud.environment()["MAINSTAY_REHEARSAL_BROKER_CA"]
        check_rows(inventory, BrokerState(cloud.client, authority), BROKER_ROWS.get(inventory, {}))
        database = DatabaseState(cloud.client)
        check_rows(inventory, database, DATABASE_ROWS[inventory])
        check_rows(inventory, RegistryState(cloud.client), REGISTRY_ROWS.get(inventory, {}))
        check_rows(inventory, BucketState(cloud.client), BUCKET_ROWS.get(inventory, {}))
        check_rows(inventory, EdgeState(cloud.client), EDGE_ROWS[inventory])
        check_rows(inventory, Logins(database, cloud.environment()[CERTIFICATES]), LOGINS.get(inventory, {}))
        assert company_tags.lacking(cloud, variables(inventory)["platform_tags"]) == {}

    again = play(cloud, inventory, folder, "--check", "--diff", *inside, role="plan")
    assert denials(cloud) == []
    assert (again.code, set(again.totals)) == (0, {"unchanged"}), again.output


@pytest.mark.parametrize("platform", ["creator-publishing", "ai-community"])
def test_environments_are_isolated(platform: str) -> None:
    """A7: dev, staging, and prod share no account and no addresses."""
    inventories = [f"examples/{platform}/{environment}" for environment in ("dev", "staging", "prod")]
    assert len({variables(inventory)["platform_account_id"] for inventory in inventories}) == 3
    blocks = [ipaddress.ip_network(variables(inventory, "vpc")["vpc_networks"]["main"]["cidr"]) for inventory in inventories]
    assert not any(one.overlaps(other) for one, other in itertools.combinations(blocks, 2))
