# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Alarm sets: which alarms each item gets, with which thresholds."""

from __future__ import annotations

import re
from dataclasses import fields, replace
from typing import Any

import pytest

from ansible_collections.mainstay.aws.plugins.module_utils.domains.observability.alarms.cost import cost
from ansible_collections.mainstay.aws.plugins.module_utils.domains.observability.alarms.missing import OWN, TREATMENTS, treatment
from ansible_collections.mainstay.aws.plugins.module_utils.domains.observability.alarms.model import CRITICAL, SEVERITIES, Alarm, Composite
from ansible_collections.mainstay.aws.plugins.module_utils.domains.observability.alarms.overrides import RANGES
from ansible_collections.mainstay.aws.plugins.module_utils.domains.observability.platform import Certificate, Cluster, Database, Platform
from ansible_collections.mainstay.aws.plugins.module_utils.domains.observability.sets.all import SETS, metric_alarms
from ansible_collections.mainstay.aws.plugins.module_utils.domains.observability.sets.every import alarms_of
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.model import UNKNOWN

from . import platforms as p

ALARMS = {one.name: one for one in metric_alarms(p.FULL)}
EVERY = alarms_of(p.FULL)
SECTIONS = [one.name for one in fields(Platform) if one.name not in ("environment", "region", "account_id", "partition")]


@pytest.mark.parametrize("section", SECTIONS)
def test_every_type_of_item_has_alarms_and_the_example_has_one_of_each(section: str) -> None:
    items = getattr(p.FULL, section)
    assert items
    for item in items:
        watching = [one for one in ALARMS.values() if one.subject == (section, item.name)]
        assert watching, f"nothing watches {section} {item.name}"
    assert section in SETS


@pytest.mark.parametrize("name", sorted(ALARMS))
def test_every_alarm_is_one_that_cloudwatch_accepts_and_a_person_can_act_on(name: str) -> None:
    one = ALARMS[name]
    assert re.fullmatch(r"[a-z][a-z0-9-]*", one.name)
    assert one.severity in SEVERITIES
    assert 1 <= one.datapoints <= one.evaluation_periods
    assert one.period in (60, 300, 3_600, 86_400)
    assert one.period * one.evaluation_periods <= (604_800 if one.period >= 3_600 else 86_400)
    assert all(query.metric is None or query.metric.period == one.period for query in one.metrics)
    assert [query.returns for query in one.metrics].count(True) == 1
    assert all(re.fullmatch(r"[a-z][a-zA-Z0-9_]*", query.id) for query in one.metrics)
    assert 60 < len(one.description) <= 1_024
    low, high = RANGES[one.unit][:2]
    assert low <= one.threshold <= high


@pytest.mark.parametrize("name", sorted(ALARMS))
def test_missing_data_is_treated_for_a_reason(name: str) -> None:
    metric = next(query.metric for query in ALARMS[name].metrics if query.metric)
    assert treatment(metric) != OWN
    assert (ALARMS[name].missing_data, ALARMS[name].missing_reason) == treatment(metric)
    assert len(ALARMS[name].missing_reason) > 40


def test_no_metric_has_a_treatment_that_no_alarm_needs() -> None:
    first = [next(query.metric for query in one.metrics if query.metric) for one in ALARMS.values()]
    used = {(metric.namespace, metric.name) for metric in first}
    listed = {(namespace, name) for namespace, names in TREATMENTS.items() for name in names}
    gp2 = {("AWS/RDS", "BurstBalance"), ("AWS/EC2", "EBSIOBalance%")}
    assert listed - used - gp2 == set()


THRESHOLDS = [
    ("database-main-cpu", 80, "Percent"),
    ("database-main-memory", 0.2 * 4 * 2**30, "Bytes"),
    ("database-main-reader-memory", 0.2 * 8 * 2**30, "Bytes"),
    ("database-main-disk", 20 * 2**30, "Bytes"),
    ("database-main-disk-full", 10 * 2**30, "Bytes"),
    ("database-main-connections", 324, "Count"),
    ("database-main-cpu-credits", 12, "Count"),
    ("database-main-transaction-ids-critical", 1_000_000_000, "Count"),
    ("database-main-reader-replica-lag", 360, "Seconds"),
    ("database-main-ebs-io-balance", 20, "Percent"),
    ("cache-sessions-memory-001", 80, "Percent"),
    ("cache-sessions-engine-cpu-002", 80, "Percent"),
    ("cache-sessions-swap-001", 50 * 2**20, "Bytes"),
    ("queue-orders-depth", 1_000, "Count"),
    ("queue-orders-failed-messages", 0, "Count"),
    ("queue-orders-failed-losing", 967_680, "Seconds"),
    ("broker-events-memory", 80, "Percent"),
    ("broker-events-connections", 4_000, "Count"),
    ("broker-jobs-connections", 0.8 * 3 * 6_000, "Count"),
    ("broker-events-queue-shop-mail", 1_000, "Count"),
    ("web-acl-edge-blocked", 1_000, "Count"),
    ("stream-clicks-disk-2", 80, "Percent"),
    ("stream-clicks-offline-partitions", 0, "Count"),
    ("load-balancer-public-errors", 1, "Percent"),
    ("load-balancer-public-latency", 2, "Seconds"),
    ("application-shop-web-errors", 1, "Percent"),
    ("application-shop-web-latency", 2, "Seconds"),
    ("application-shop-worker-memory", 80, "Percent"),
    ("distribution-site-errors", 1, "Percent"),
    ("nat-gateway-main-a-ports", 0, "Count"),
    ("node-group-main-general-too-few", 2, "Count"),
    ("node-group-main-general-cpu-credits", 18, "Count"),
    ("certificate-shop-expiry", 33, "Days"),
    ("backup-main-age", 1, "Count"),
]


@pytest.mark.parametrize(("name", "threshold", "unit"), THRESHOLDS)
def test_thresholds_follow_from_what_an_item_is(name: str, threshold: float, unit: str) -> None:
    assert (ALARMS[name].threshold, ALARMS[name].unit) == (pytest.approx(threshold, rel=0.01), unit)


ABSENT: list[tuple[str, dict[str, Any], list[str]]] = [
    ("a class that does not burst", {"databases": (replace(p.MAIN, instance_class="db.m7g.large"),)}, ["cpu-credits"]),
    ("a class that EC2 does not know", {"databases": (replace(p.MAIN, memory_bytes=None),)}, ["connections"]),
    ("a primary", {"databases": (p.MAIN,)}, ["replica-lag", "replica-stopped", "burst-balance"]),
    ("a replica", {"databases": (p.REPLICA,)}, ["transaction-ids", "replication-slot"]),
    ("RabbitMQ 4", {"brokers": (p.RABBIT_4,)}, ["queue-mail"]),
    ("a broker of an unknown type", {"brokers": (replace(p.RABBIT_4, instance_type="mq.m9.huge"),)}, ["connections"]),
    ("no Container Insights", {"clusters": (Cluster("main", "prod-main"),)}, ["nodes-not-ready", "pods-pending", "node-memory"]),
    ("a dead-letter queue", {"queues": (p.FAILED,)}, ["depth", "age"]),
    ("a cache that evicts", {"caches": (p.SESSIONS,)}, ["memory-full"]),
    ("a cache that does not", {"caches": (replace(p.SESSIONS, evicts=False),)}, ["evictions"]),
    ("a service without load balancer", {"applications": (replace(p.SHOP, services=p.SHOP.services[1:]),)}, ["worker-errors"]),
    ("no minimum of nodes", {"node_groups": (replace(p.NODES, least=0),)}, ["too-few"]),
]


@pytest.mark.parametrize(("case", "items", "kinds"), ABSENT, ids=[case for case, *dummy in ABSENT])
def test_there_is_no_alarm_without_its_metric(case: str, items: dict[str, Any], kinds: list[str]) -> None:
    found = list(metric_alarms(p.having(**items)))
    assert found
    assert not {one.kind for one in found} & set(kinds)


def test_unknown_memory_still_gives_an_alarm_on_memory() -> None:
    (found,) = [one for one in metric_alarms(p.having(databases=(replace(p.MAIN, memory_bytes=None),))) if one.kind == "memory"]
    assert found.threshold == 256 * 2**20


LIVES = [(398, True, 45, 26), (198, True, 33, 13), (100, True, 16, 6), (47, True, 7, 3), (90, False, 30, 6), (398, False, 45, 26)]


@pytest.mark.parametrize(("life", "renewed", "warning", "critical"), LIVES)
def test_a_certificate_alarms_relative_to_its_own_life(life: int, renewed: bool, warning: int, critical: int) -> None:
    found = list(metric_alarms(p.having(certificates=(Certificate("a", "arn:1", life, renewed),))))
    assert [one.threshold for one in found] == [warning, critical]


def test_global_metrics_have_their_alarms_in_us_east_1() -> None:
    elsewhere = {one.subject[0] for one in EVERY if one.region != p.FULL.region}
    assert elsewhere == {"distributions", "health_checks", "web_acls"}
    assert {one.region for one in EVERY if one.subject[0] in elsewhere and one.subject != ("web_acls", "api")} == {"us-east-1"}
    blocked = {name: ALARMS[f"web-acl-{name}-blocked"].metrics[0].metric for name in ("edge", "api")}
    regions = {name: dict(metric.dimensions).get("Region") for name, metric in blocked.items() if metric}
    assert regions == {"edge": None, "api": p.FULL.region}
    distribution = [query.metric for query in ALARMS["distribution-site-errors"].metrics if query.metric]
    assert all(("Region", "Global") in metric.dimensions for metric in distribution)


def test_names_do_not_depend_on_what_is_known_only_after_an_apply() -> None:
    unknown = replace(
        p.FULL,
        nat_gateways=(replace(p.NAT, gateway_id=UNKNOWN),),
        distributions=(replace(p.SITE, distribution_id=UNKNOWN),),
        load_balancers=(replace(p.PUBLIC, dimension=UNKNOWN), p.INTERNAL),
        certificates=(replace(p.CERTIFICATE, arn=UNKNOWN),),
    )
    assert [one.name for one in alarms_of(unknown)] == [one.name for one in EVERY]


def test_one_broken_item_pages_once() -> None:
    single = {one.name: one for one in EVERY if isinstance(one, Alarm)}
    paging = [one for one in EVERY if one.severity == CRITICAL and not one.silent]
    by_subject = [(one.subject, one.region) for one in paging]
    assert len(by_subject) == len(set(by_subject))
    for composite in (one for one in EVERY if isinstance(one, Composite)):
        assert all(single[child].silent and single[child].region == composite.region for child in composite.children)
    covered = {child for one in EVERY if isinstance(one, Composite) for child in one.children}
    assert {one.name for one in single.values() if one.silent} == covered


def test_waiting_pods_say_nothing_while_nodes_are_gone() -> None:
    found = {one.name: one for one in EVERY if isinstance(one, Composite)}
    assert found["cluster-main-pods-pending-alone"].unless == ("cluster-main-nodes-not-ready",)
    assert found["cluster-main-pods-pending-alone"].children == ("cluster-main-pods-pending",)


def test_a_composite_is_split_before_its_rule_is_too_long() -> None:
    services = tuple(replace(p.SHOP.services[0], name=f"service-{number}") for number in range(90))
    found = [one for one in alarms_of(p.having(applications=(replace(p.SHOP, services=services),))) if isinstance(one, Composite)]
    assert len(found) > 1
    assert all(len(one.children) <= 100 and sum(len(child) + 40 for child in one.children) <= 10_240 for one in found)
    assert sum(len(one.children) for one in found) == 270


def test_names_are_unique_and_fit() -> None:
    names = [one.name for one in EVERY]
    assert len(names) == len(set(names))


@pytest.mark.parametrize(
    ("databases", "expected"),
    [((), (0, 0, 0.0)), ((Database("a", "a", "db.m7g.large", storage_gib=10),), (9, 1, 1.4))],
)
def test_the_cost_counts_metrics_and_composites(databases: tuple[Database, ...], expected: tuple[int, int, float]) -> None:
    found = cost(alarms_of(p.having(databases=databases)))
    assert (found.metric_alarms, found.composite_alarms, found.dollars) == expected
