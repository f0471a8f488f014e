# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What an application refers to by name: its cluster, certificates, roles for pods, and databases. Pure functions.

A name is one that another host of the inventory describes. What that description says is used as it is written; only what AWS gives (ARNs,
host names) comes from the outputs of that host's role, and is unknown as long as the resource does not exist.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ...images.references import complete
from ...inputs.certificates import certificates_in, check_name, is_name, published
from ...inputs.problems import Problems, suggestion
from ...reconcile.model import UNKNOWN
from ..eks.settings.cluster import Cluster, checked
from ..eks.settings.placement import selects

KUBERNETES_ARCHITECTURES = {"x86_64": "amd64", "arm64": "arm64"}
IMAGES = ("services", "workers", "cron_jobs")
"""Sections whose entries have an image."""
SECRETS_STORE = "aws-secrets-store-csi-driver-provider"
"""The add-on with the Secrets Store CSI driver."""
FARGATE_ARCHITECTURE = "amd64"
"""Fargate pods of EKS run on x86-64 only (EKS User Guide, "AWS Fargate considerations")."""


@dataclass(frozen=True)
class Surroundings:
    """What the other hosts of the inventory describe, and the outputs of their roles, if they are known.

    ``clusters``, ``zones``, ``databases``, ``repositories``, ``web_acls``: as described (``eks_clusters``, ``dns_zones``,
    ``rds_databases``, ``ci_cd_repositories``, ``s3_cdn_web_acls``). ``registry_component``: the component that owns the repositories.
    ``cluster_outputs``: ``eks_outputs.clusters``. ``zone_outputs``: ``dns_outputs.zones``. ``database_outputs``: ``rds_outputs.databases``.
    ``web_acl_outputs``: ``s3_cdn_outputs.web_acls``.
    """

    environment: str = ""
    region: str = ""
    account_id: str = ""
    clusters: Mapping[str, Any] = field(default_factory=dict)
    zones: Mapping[str, Any] = field(default_factory=dict)
    databases: Mapping[str, Any] = field(default_factory=dict)
    repositories: Mapping[str, Any] = field(default_factory=dict)
    registry_component: str = ""
    cluster_outputs: Mapping[str, Any] = field(default_factory=dict)
    zone_outputs: Mapping[str, Any] = field(default_factory=dict)
    database_outputs: Mapping[str, Any] = field(default_factory=dict)
    web_acls: Mapping[str, Any] = field(default_factory=dict)
    web_acl_outputs: Mapping[str, Any] = field(default_factory=dict)


def registry_of(account_id: str, region: str) -> str:
    """The host of an account's own registry; empty if the account is not known."""
    if not account_id:
        return ""
    suffix = "amazonaws.com.cn" if region.startswith("cn-") else "amazonaws.com"
    return f"{account_id}.dkr.ecr.{region}.{suffix}"


def repository_uris(around: Surroundings) -> dict[str, str]:
    """The URI of each described repository, by its name in the inventory. Its name in ECR is known before it exists."""
    registry = registry_of(around.account_id, around.region)
    return {
        str(name): f"{registry}/{(settings or {}).get('name') or f'{around.environment}-{around.registry_component}/{name}'}"
        for name, settings in around.repositories.items()
    }


def with_images(settings: Mapping[str, Any], uris: Mapping[str, str]) -> dict[str, Any]:
    """The settings with images of our repositories in full: ``api:1.4.2`` names the repository ``api``."""
    found = each_container(settings, lambda one: _with_image(one, uris))
    images = settings.get("manifest_images")
    if isinstance(images, Mapping):
        found["manifest_images"] = {name: complete(one, uris) if isinstance(one, str) else one for name, one in images.items()}
    return found


def each_container(settings: Mapping[str, Any], change: Callable[[Mapping[str, Any]], Mapping[str, Any]]) -> dict[str, Any]:
    """The settings with what ``change`` makes of each entry that describes a container."""
    found = dict(settings)
    for section in IMAGES:
        entries = settings.get(section)
        if isinstance(entries, Mapping):
            found[section] = {name: change(one) if isinstance(one, Mapping) else one for name, one in entries.items()}
    if isinstance(settings.get("migration"), Mapping):
        found["migration"] = change(settings["migration"])
    return found


def _with_image(one: Mapping[str, Any], uris: Mapping[str, str]) -> Mapping[str, Any]:
    image = one.get("image")
    return {**one, "image": complete(image, uris)} if isinstance(image, str) else one


def cluster_facts(name: str, eks_name: str, namespace: str, labels: Mapping[str, str], around: Surroundings) -> dict[str, Any]:
    """The cluster of an application: {name, version, region, fargate, node_architectures}.

    ``eks_name``: the name in EKS of a cluster that no host of the inventory describes; then nothing else is known of it.
    """
    if eks_name:
        return {"name": eks_name, "version": UNKNOWN, "region": around.region, "fargate": False, "node_architectures": []}
    described = checked(around.clusters.get(name) or {})
    known = around.cluster_outputs.get(name) or {}
    fargate = runs_on_fargate(described, namespace, labels)
    return {
        "name": described.aws_name if described.named else f"{around.environment}-{name}",
        "version": str(described.version or known.get("version") or UNKNOWN),
        "region": around.region,
        "fargate": fargate,
        "node_architectures": [FARGATE_ARCHITECTURE] if fargate else architectures(described),
    }


def runs_on_fargate(cluster: Cluster, namespace: str, labels: Mapping[str, str]) -> bool:
    """Whether a Fargate profile takes the pods of a namespace: a profile takes them also if there are nodes."""
    return any(selects(selector, namespace, labels) for profile in cluster.fargate_profiles.values() for selector in profile.selectors)


def architectures(cluster: Cluster) -> list[str]:
    """The architectures of the cluster's nodes, in Kubernetes' names."""
    return sorted({KUBERNETES_ARCHITECTURES[group.architecture] for group in cluster.node_groups.values()})


# -- certificates --------------------------------------------------------------------------------------------------------------------


def certificate_arn(name: str, around: Surroundings) -> str:
    """The ARN of a certificate by the name that a zone gives it, or a placeholder until it exists."""
    known = published(name, around.zones, around.zone_outputs)
    return str((known.get("arns") or {}).get(around.region) or known.get("arn") or UNKNOWN)


def web_acl_arn(name: Any, around: Surroundings) -> str:
    """The ARN of the web ACL for load balancers of this name, or a placeholder until it exists; an ARN as it is."""
    if not is_name(name):
        return str(name or "")
    return str(((around.web_acl_outputs.get(name) or {}).get("alb") or {}).get("arn") or UNKNOWN)


def role_arn(name: str, cluster: str, around: Surroundings) -> str:
    """The ARN of a role for pods by the name that the cluster gives it, or a placeholder until it exists."""
    return str(((around.cluster_outputs.get(cluster) or {}).get("roles") or {}).get(name) or UNKNOWN)


def identifier_of(name: str, around: Surroundings) -> str:
    """The identifier of a DB instance: of one that the inventory describes by this name, or the name itself."""
    if name not in around.databases:
        return name
    return str((around.databases[name] or {}).get("identifier") or f"{around.environment}-{name}".replace("_", "-"))


# -- databases -----------------------------------------------------------------------------------------------------------------------

DATABASE_OUTPUTS = ("host", "port", "proxy_host", "identifier", "resource_id")
"""The outputs of a database that the environment of a container can have. None of them is a secret."""


def is_reference(value: Any) -> bool:
    """Whether a variable of the environment is an output of a database: ``{database: main, output: host}``."""
    return isinstance(value, Mapping) and "database" in value


def references_in(settings: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """(path below the settings, reference) of each variable that is an output of a database."""
    found: list[tuple[str, Any]] = []
    for section in IMAGES:
        entries = settings.get(section)
        found += [(f"{section}.{name}", one) for name, one in entries.items()] if isinstance(entries, Mapping) else []
    for path, one in [*found, ("migration", settings.get("migration"))]:
        environment = one.get("environment") if isinstance(one, Mapping) else None
        if isinstance(environment, Mapping):
            yield from ((f"{path}.environment.{name}", value) for name, value in environment.items() if is_reference(value))


def _with_outputs(one: Mapping[str, Any], around: Surroundings) -> Mapping[str, Any]:
    environment = one.get("environment")
    if not isinstance(environment, Mapping) or not any(map(is_reference, environment.values())):
        return one
    return {**one, "environment": {name: _output(value, around) if is_reference(value) else value for name, value in environment.items()}}


def _output(reference: Mapping[str, Any], around: Surroundings) -> str:
    value = (around.database_outputs.get(str(reference["database"])) or {}).get(str(reference.get("output")))
    return UNKNOWN if value is None else str(value)


def _check_outputs(settings: Mapping[str, Any], around: Surroundings, problems: Problems) -> None:
    for path, reference in references_in(settings):
        where, name, output = f"app_deploy_{path}", str(reference["database"]), reference.get("output")
        if set(reference) != {"database", "output"}:
            problems.add(where, dict(reference), "an output of a database has the members database and output, and no others")
        elif name not in around.databases:
            hint = suggestion(name, list(around.databases)) if around.databases else "no host of the inventory describes databases"
            problems.add(f"{where}.database", name, f"app_deploy_rds_component describes no such database; {hint}")
        elif output not in DATABASE_OUTPUTS:
            problems.add(f"{where}.output", output, f"it must be one of {', '.join(DATABASE_OUTPUTS)}")


# -- settings ------------------------------------------------------------------------------------------------------------------------


def resolved(settings: Mapping[str, Any], cluster: str, around: Surroundings) -> dict[str, Any]:
    """The settings with ARNs in place of names, and outputs in place of references. ``cluster``: its name in the inventory; empty for one
    of others.
    """
    found = each_container(settings, lambda one: _with_outputs(one, around))
    ingress, account = found.get("ingress"), found.get("service_account")
    if isinstance(ingress, Mapping) and ingress.get("certificate") is not None:
        found["ingress"] = {**ingress, "certificate": _arns(ingress["certificate"], around)}
    if isinstance(ingress, Mapping) and is_name(ingress.get("web_acl")):
        found["ingress"] = {**found["ingress"], "web_acl": web_acl_arn(ingress["web_acl"], around)}
    if isinstance(account, Mapping) and is_name(account.get("role")) and cluster:
        found["service_account"] = _account(account, cluster, around)
    return found


def _account(given: Mapping[str, Any], cluster: str, around: Surroundings) -> dict[str, Any]:
    """A service account whose role is a name: EKS associates the roles of pod_identities itself, the others are named by their ARN."""
    name = given["role"]
    if name in ((around.clusters.get(cluster) or {}).get("pod_identities") or {}):
        return {**{key: value for key, value in given.items() if key != "role"}, "identity": "pod_identity"}
    return {**given, "role": role_arn(name, cluster, around), "identity": "irsa"}


def _arns(given: Any, around: Surroundings) -> Any:
    if isinstance(given, list | tuple):
        return [_arns(one, around) for one in given]
    return certificate_arn(given, around) if is_name(given) else given


def needs_outputs(settings: Mapping[str, Any], cluster: str) -> dict[str, bool]:
    """Whether the outputs of the cluster, the zones, the databases, and the web ACLs are needed: only what AWS gives comes from them."""
    ingress, account = settings.get("ingress") or {}, settings.get("service_account") or {}
    given = ingress.get("certificate") if isinstance(ingress, Mapping) else None
    names = given if isinstance(given, list | tuple) else [given]
    return {
        "eks": bool(cluster) and isinstance(account, Mapping) and is_name(account.get("role")),
        "dns": any(is_name(one) for one in names),
        "rds": any(True for dummy in references_in(settings)),
        "s3_cdn": isinstance(ingress, Mapping) and is_name(ingress.get("web_acl")),
    }


def lookups_of_host(variables: Mapping[str, Any]) -> list[str]:
    """The roles whose outputs an application of the inventory looks up when it is deployed without them, given the host's variables."""
    settings = {name.removeprefix("app_deploy_"): value for name, value in variables.items() if name.startswith("app_deploy_")}
    described = "" if settings.get("eks_cluster") else str(settings.get("cluster") or "main")
    return [role for role, wanted in needs_outputs(settings, described).items() if wanted]


def databases_of(settings: Mapping[str, Any], around: Surroundings) -> list[str]:
    """The identifiers of the databases that a migration changes, for the snapshot gate."""
    migration = settings.get("migration") or {}
    given = migration.get("databases") if isinstance(migration, Mapping) else None
    return [identifier_of(str(one), around) for one in given or ()]


def reference_problems(variables: Mapping[str, Any], around: Surroundings) -> Iterator[str]:
    """Names that nothing in the inventory has."""
    problems = Problems()
    cluster, eks_name = str(variables.get("app_deploy_cluster") or ""), str(variables.get("app_deploy_eks_cluster") or "")
    if not eks_name and not around.clusters:
        problems.missing("app_deploy_eks_cluster", "no host of the inventory describes clusters, so give the name of one in EKS")
    elif not eks_name and cluster not in around.clusters:
        remedy = f"{variables.get('app_deploy_eks_component')} describes no such cluster; {suggestion(cluster, list(around.clusters))}"
        problems.add("app_deploy_cluster", cluster, remedy)
    ingress = variables.get("app_deploy_ingress") or {}
    _check_certificates(ingress.get("certificate") if isinstance(ingress, Mapping) else None, around, problems)
    _check_web_acl(ingress.get("web_acl") if isinstance(ingress, Mapping) else None, around, problems)
    _check_outputs({name: variables.get(f"app_deploy_{name}") for name in (*IMAGES, "migration")}, around, problems)
    account = variables.get("app_deploy_service_account") or {}
    role = account.get("role") if isinstance(account, Mapping) else None
    if is_name(role) and not eks_name and cluster in around.clusters:
        _check_role(str(role), around.clusters[cluster] or {}, problems)
    elif is_name(role) and eks_name:
        problems.add("app_deploy_service_account.role", role, "give its ARN: the inventory does not describe the cluster's roles")
    if not eks_name:
        _check_copies(variables.get("app_deploy_secrets"), cluster, around.clusters.get(cluster), problems)
    yield from problems.messages


def _check_certificates(given: Any, around: Surroundings, problems: Problems) -> None:
    known = certificates_in(around.zones)
    for one in given if isinstance(given, list | tuple) else [given]:
        if is_name(one):
            check_name(one, "app_deploy_ingress.certificate", known, "app_deploy_dns_component", problems)


def _check_web_acl(given: Any, around: Surroundings, problems: Problems) -> None:
    """Whether there is a web ACL of this name, for load balancers if its scopes are named."""
    if not is_name(given):
        return
    described = around.web_acls.get(given)
    if described is None and given not in around.web_acls:
        hint = suggestion(given, list(around.web_acls)) if around.web_acls else "no host of the inventory describes any"
        problems.add("app_deploy_ingress.web_acl", given, f"app_deploy_s3_cdn_component describes no such web ACL; {hint}. Or give an ARN")
    elif isinstance(described, Mapping) and "alb" not in (described.get("scopes") or ["alb"]):
        remedy = "it protects distributions alone; add alb to its scopes, or name another one"
        problems.add("app_deploy_ingress.web_acl", given, remedy)


def _check_copies(secrets: Any, name: str, cluster: Any, problems: Problems) -> None:
    """The driver copies into Secrets only if its add-on is told to. Pods that read such a Secret would wait for it for ever."""
    addons = cluster.get("addons") if isinstance(cluster, Mapping) else None
    addon = addons.get(SECRETS_STORE) if isinstance(addons, Mapping) else None
    if not isinstance(addon, Mapping) or _member(addon, "configuration", "secrets-store-csi-driver", "syncSecret", "enabled") is True:
        return
    setting = f"eks_clusters.{name}.addons.{SECRETS_STORE}.configuration to {{secrets-store-csi-driver: {{syncSecret: {{enabled: true}}}}}}"
    for secret in secrets if isinstance(secrets, Mapping) else ():
        if _member(secrets, secret, "csi", "sync") is True:
            problems.add(f"app_deploy_secrets.{secret}.csi.sync", True, f"the add-on makes no copies unless told to; set {setting}")


def _member(value: Any, *path: str) -> Any:
    for name in path:
        value = value.get(name) if isinstance(value, Mapping) else None
    return value


def _check_role(role: str, cluster: Mapping[str, Any], problems: Problems) -> None:
    names: Sequence[str] = [*(cluster.get("pod_identities") or {}), *(cluster.get("irsa_roles") or {})]
    if role not in names:
        hint = suggestion(role, names) if names else "the cluster has neither pod_identities nor irsa_roles"
        problems.add("app_deploy_service_account.role", role, f"the cluster has no such role for pods; {hint}. Or give an ARN")
