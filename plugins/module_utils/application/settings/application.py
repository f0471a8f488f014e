# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""All settings of an application, read and checked: one pass finds every mistake. Pure functions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from ...cluster_objects.isolation import ITS_NAMESPACE, STANDARDS, Network, read_network
from ...inputs.kubernetes import label_problem, value_problem
from ...inputs.log_metrics import GROUP
from ...inputs.problems import Problems, suggestion
from ...inputs.reader import Reader
from ...inputs.values import NAMESPACE, as_block_text
from ...reconcile.model import is_unknown
from .accounts import ServiceAccount, read_account
from .around_manifests import Around, read_around
from .configuration import Configuration, Secret, read_configuration, read_secrets
from .containers import OURS, Context
from .facts import Facts
from .files import File, Limits, read_files, read_limits
from .ingress import Ingress, read_ingress
from .jobs import CronJob, Migration, read_cron_jobs, read_migration
from .sources import Known
from .workloads import Workload, read_services, read_workers

CLUSTERS_OWN = ("default", "kube-system", "kube-public", "kube-node-lease")
OLDEST = 30
"""The first minor version of Kubernetes 1 in which a container can sleep before it ends without a shell (KEP-3960)."""

DESCRIBED = ("services", "workers", "cron_jobs", "ingress")
"""What describes workloads."""

INSTEAD = ("manifests", "chart", "argocd")
"""What contains workloads that others describe."""

ELSEWHERE = (
    *("cluster", "eks_cluster", "namespace", "version", "commit", "chart", "mode", "strategy", "canary", "blue_green", "argocd"),
    *("verification", "keep", "window", "break_glass", "registry", "images", "outputs", "region", "gate", "recreate"),
)
"""Variables of the role that other parts read."""


@dataclass(frozen=True)
class Logging:
    """The environment that tells programs how to log. Empty values are left out."""

    format: str = "json"
    level: str = "info"
    correlation_header: str = "X-Amzn-Trace-Id"


@dataclass(frozen=True)
class Application:
    """``load_balancer_cidrs``: the blocks of the load balancer's subnets. ``described``: the settings describe its workloads, which
    otherwise are in manifests or a chart.
    """

    described: bool = True
    services: tuple[Workload, ...] = ()
    workers: tuple[Workload, ...] = ()
    cron_jobs: tuple[CronJob, ...] = ()
    migration: Migration | None = None
    ingress: Ingress | None = None
    configuration: Mapping[str, Configuration] = field(default_factory=dict)
    secrets: Mapping[str, Secret] = field(default_factory=dict)
    account: ServiceAccount = field(default_factory=ServiceAccount)
    network: Network = field(default_factory=Network)
    load_balancer_cidrs: tuple[str, ...] = ()
    create_namespace: bool = True
    namespace_labels: Mapping[str, str] = field(default_factory=dict)
    pod_security: str = STANDARDS[0]
    logging: Logging = field(default_factory=Logging)
    files: tuple[File, ...] = ()
    limits: Limits = field(default_factory=Limits)
    around_manifests: Around | None = None


class Variables(Reader):
    """The variables of the role: their names have a prefix where those of a mapping have a path."""

    def at(self, key: str) -> str:
        return f"{self.path}{key}"


def read_application(given: Mapping[str, Any], facts: Facts, problems: Problems, notes: list[str]) -> Application:
    reader = Variables(given, facts.prefix, problems)
    check_facts(reader, facts)
    known = Known(read_configuration(reader.section("configuration")), read_secrets(reader.section("secrets"), facts.cluster.fargate))
    context, taken = Context(facts, known, notes), {}  # type: tuple[Context, dict[str, str]]
    plain = bool(reader.given.get("manifests"))
    ingress = None if plain else read_ingress(reader, [str(name) for name in _names(reader, "services")])
    account = read_account(reader, facts, known.secrets.values())
    found = Application(
        described=not any(reader.given.get(key) for key in INSTEAD),
        services=read_services(reader.section("services"), context, ingress, taken),
        workers=read_workers(reader.section("workers"), context, taken),
        cron_jobs=read_cron_jobs(reader.section("cron_jobs"), context, taken),
        migration=read_migration(reader, context, taken),
        ingress=ingress,
        configuration=known.configuration,
        secrets=known.secrets,
        account=account,
        create_namespace=reader.boolean("create_namespace", True),
        namespace_labels=_namespace_labels(reader),
        pod_security=reader.choice("pod_security", STANDARDS, STANDARDS[0]),
        logging=_logging(reader),
        files=tuple(read_files(reader)) if plain else (),
        limits=read_limits(reader),
        around_manifests=read_around(reader) if plain else None,
    )
    found = _with_network(reader.section("network"), found)
    _check_whole(reader)
    _finish(reader)
    return found


def _names(reader: Reader, key: str) -> list[Any]:
    given = reader.given.get(key)
    return list(given) if isinstance(given, Mapping) else []


def check_facts(reader: Reader, facts: Facts) -> None:
    if not NAMESPACE.fullmatch(facts.namespace) and not is_unknown(facts.namespace):
        reader.problems.add(reader.at("namespace"), facts.namespace, ITS_NAMESPACE)
    elif facts.namespace in CLUSTERS_OWN:
        reader.problems.add(reader.at("namespace"), facts.namespace, "it belongs to the cluster; give the application one of its own")
    for what, name in (("component", facts.name), ("environment", facts.environment)):
        if value_problem(name):
            remedy = "it becomes a label of every object, so it must end with a letter or digit; rename it"
            reader.problems.messages.append(f"The name of the {what} is {name!r}, but {remedy}")
    if facts.cluster.is_older_than(OLDEST):
        reader.problems.messages.append(
            f"{reader.at('cluster')} is {facts.cluster.name} with Kubernetes {facts.cluster.version}, but pods wait for the load balancer "
            f"with a setting that exists from 1.{OLDEST} on; upgrade the cluster first"
        )


def _namespace_labels(reader: Reader) -> dict[str, str]:
    found = reader.string_map("namespace_labels")
    for name, value in found.items():
        if wrong := label_problem(name, value):
            reader.problems.add(reader.at(f"namespace_labels.{name}"), value, wrong)
        elif name.startswith(("pod-security.kubernetes.io/", "elbv2.k8s.aws/", *OURS)):
            reader.problems.add(reader.at(f"namespace_labels.{name}"), value, "this label is set by this collection; remove it")
    return found


def _logging(parent: Reader) -> Logging:
    reader = parent.section("logging")
    enabled = reader.boolean("enabled", True)
    found = Logging(
        format=reader.choice("format", ("json", "text"), "json"),
        level=reader.choice("level", ("debug", "info", "warn", "error", "fatal"), "info"),
        correlation_header=reader.text("correlation_header", Logging.correlation_header),
    )
    if reader.take("log_group") is not None:  # for those who read the logs, not for the programs
        reader.required_text("log_group", "it must be the name of a log group, such as /shop/prod", GROUP)
    reader.finish()
    return found if enabled else Logging("", "", "")


def _with_network(reader: Reader, found: Application) -> Application:
    """The network of the application: from the load balancer what is behind it, to DNS, to each other, and to AWS by HTTPS."""
    cidrs = reader.items("load_balancer_cidrs", (), _block, "it must be an IPv4 block such as 10.0.128.0/23")
    databases = reader.items("databases", (), _block, "it must be an IPv4 block such as 10.0.144.0/23, of the databases' subnets")
    port = reader.integer("database_port", 5432, 1, 65535)
    https = reader.boolean("https", True)
    network = read_network(reader, Network(within=True, pod_identity=found.account.uses_agent))
    reader.finish()
    ports = tuple(sorted({one.port for one in found.services if one.behind_ingress and one.port}))
    if ports and network.isolated and not cidrs:
        reader.problems.missing(
            reader.at("load_balancer_cidrs"),
            "give the blocks of the load balancer's subnets, such as [10.0.128.0/23]: network policies do not know load balancers, and "
            "without the blocks no request reaches the pods",
        )
    to = dict(network.to_cidrs)
    for block, number in [*((block, port) for block in databases), *([("0.0.0.0/0", 443)] if https else [])]:
        if to.get(block) != ():  # every port
            to[block] = tuple(sorted({*to.get(block, ()), number}))
    return replace(found, network=replace(network, from_load_balancer=ports, to_cidrs=to), load_balancer_cidrs=cidrs)


def _block(value: Any) -> str | None:
    return value if isinstance(value, str) and is_unknown(value) else as_block_text(value)


def _check_whole(reader: Reader) -> None:
    described = [key for key in DESCRIBED if reader.given.get(key)]
    others = [key for key in INSTEAD if reader.given.get(key)]
    if len(others) > 1:
        reader.problems.messages.append(f"{reader.at(others[0])} and {reader.at(others[1])} exclude each other; keep one")
    elif others:
        reader.problems.messages += [
            f"{reader.at(key)} cannot be described beside {reader.at(others[0])}, which contains what runs; keep one of the two"
            for key in described
            if (key, others[0]) != ("ingress", "manifests")  # see around_manifests
        ]
    elif not [key for key in described if key != "ingress"]:
        reader.problems.missing(reader.at("services"), "describe a service, worker or cron job, or give manifests, chart, or argocd")


def _finish(reader: Reader) -> None:
    for key in reader.given:
        if key not in reader.known and key not in ELSEWHERE:
            reader.problems.messages.append(
                f"{reader.at(str(key))} is not a setting; {suggestion(str(key), [*dict.fromkeys(reader.known)])}"
            )
