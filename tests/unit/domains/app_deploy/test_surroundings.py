# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What the names in an application's settings stand for, and names that stand for nothing."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.mainstay.aws.plugins.module_utils.domains.app_deploy.preflight import role_errors
from ansible_collections.mainstay.aws.plugins.module_utils.domains.app_deploy.surroundings import (
    Surroundings,
    cluster_facts,
    databases_of,
    needs_outputs,
    registry_of,
    resolved,
)
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.model import UNKNOWN

GROUPS = {"system": {"instance_types": ["t3.medium"]}, "arm": {"instance_types": ["m7g.large"], "ami_type": "AL2023_ARM_64_STANDARD"}}
FARGATE = {"jobs": {"selectors": [{"namespace": "jobs-*"}, {"namespace": "shop", "labels": {"app.kubernetes.io/name": "batch"}}]}}
CLUSTERS = {
    "main": {"version": "1.36", "node_groups": GROUPS, "pod_identities": {"api": {}}, "irsa_roles": {"web": {}}},
    "named": {"name": "brandcoach-cluster", "version": "1.33", "fargate_profiles": FARGATE},
}
ROLE = "arn:aws:iam::123456789012:role/prod-web"
WEB, FRONT = (f"arn:aws:acm:af-south-1:123456789012:certificate/{one}" for one in ("web", "front"))
ZONES = {"main": {"domain": "example.com", "certificates": {"web": {}}}, "shop": {"certificates": {"web": {}, "front": {}}}}
ACL = "arn:aws:wafv2:af-south-1:123456789012:regional/webacl/main/1"
AROUND = Surroundings(
    environment="prod",
    region="af-south-1",
    clusters=CLUSTERS,
    zones=ZONES,
    databases={"main": {}, "user_data": {}, "old": {"identifier": "legacy"}},
    cluster_outputs={"main": {"roles": {"web": ROLE}}},
    database_outputs={"main": {"host": "prod-main.abc.rds.amazonaws.com", "port": 5432, "proxy_host": None}},
    zone_outputs={
        "main": {"certificates": {"web": {"arn": WEB, "arns": {"af-south-1": WEB, "us-east-1": "other"}}}},
        "shop": {"certificates": {"front": {"arn": FRONT, "arns": {}}}},
    },
    web_acls={"main": {}, "cdn": {"scopes": ["cloudfront"]}},
    web_acl_outputs={"main": {"alb": {"arn": ACL}}},
)
NOTHING = Surroundings(environment="prod", region="af-south-1", clusters=CLUSTERS, zones=ZONES)

FACTS: dict[str, tuple[tuple[str, str, str, dict[str, str]], dict[str, Any]]] = {
    "a cluster with the default name": (
        ("main", "", "shop", {}),
        {"name": "prod-main", "version": "1.36", "fargate": False, "node_architectures": ["amd64", "arm64"]},
    ),
    "a cluster with a name of its own": (("named", "", "web", {}), {"name": "brandcoach-cluster", "fargate": False}),
    "a Fargate profile takes the namespace": (("named", "", "jobs-nightly", {}), {"fargate": True, "node_architectures": ["amd64"]}),
    "a Fargate profile takes these pods": (("named", "", "shop", {"app.kubernetes.io/name": "batch"}), {"fargate": True}),
    "a Fargate profile takes other pods": (("named", "", "shop", {"app.kubernetes.io/name": "web"}), {"fargate": False}),
    "a cluster of others": (("main", "theirs", "shop", {}), {"name": "theirs", "version": UNKNOWN, "node_architectures": []}),
}


@pytest.mark.parametrize("case", FACTS)
def test_what_is_known_of_the_cluster(case: str) -> None:
    arguments, expected = FACTS[case]
    found = cluster_facts(*arguments, AROUND)
    assert {name: found[name] for name in expected} == expected


HOST = {"database": "main", "output": "host"}
RESOLVED: dict[str, tuple[dict[str, Any], Surroundings, dict[str, Any]]] = {
    "a certificate, in the region of the application": (
        {"ingress": {"certificate": "main/web"}},
        AROUND,
        {"ingress": {"certificate": WEB}},
    ),
    "one of another zone": ({"ingress": {"certificate": "front"}}, AROUND, {"ingress": {"certificate": FRONT}}),
    "several, and an ARN": ({"ingress": {"certificate": ["front", ROLE]}}, AROUND, {"ingress": {"certificate": [FRONT, ROLE]}}),
    "a web ACL": ({"ingress": {"web_acl": "main"}}, AROUND, {"ingress": {"web_acl": ACL}}),
    "a web ACL that does not exist yet": ({"ingress": {"web_acl": "main"}}, NOTHING, {"ingress": {"web_acl": UNKNOWN}}),
    "a web ACL by its ARN": ({"ingress": {"web_acl": ACL}}, NOTHING, {"ingress": {"web_acl": ACL}}),
    "a certificate that does not exist yet": ({"ingress": {"certificate": "front"}}, NOTHING, {"ingress": {"certificate": UNKNOWN}}),
    "a role for IRSA": ({"service_account": {"role": "web"}}, AROUND, {"service_account": {"role": ROLE, "identity": "irsa"}}),
    "a role that does not exist yet": (
        {"service_account": {"role": "web"}},
        NOTHING,
        {"service_account": {"role": UNKNOWN, "identity": "irsa"}},
    ),
    "a role of an association": (
        {"service_account": {"name": "a", "role": "api"}},
        AROUND,
        {"service_account": {"name": "a", "identity": "pod_identity"}},
    ),
    "an ARN stays": ({"service_account": {"role": ROLE}}, AROUND, {"service_account": {"role": ROLE}}),
    "an account by its name alone": ({"service_account": "api"}, AROUND, {"service_account": "api"}),
    "nothing": ({"services": {"api": {}}}, AROUND, {"services": {"api": {}}}),
    "outputs of a database": (
        {"workers": {"mail": {"environment": {"PGHOST": HOST, "PGPORT": {**HOST, "output": "port"}, "LEVEL": "info"}}}},
        AROUND,
        {"workers": {"mail": {"environment": {"PGHOST": "prod-main.abc.rds.amazonaws.com", "PGPORT": "5432", "LEVEL": "info"}}}},
    ),
    "of one that does not exist yet": (
        {"migration": {"environment": {"PGHOST": HOST}}},
        NOTHING,
        {"migration": {"environment": {"PGHOST": UNKNOWN}}},
    ),
    "an output that the database does not have": (
        {"migration": {"environment": {"PGHOST": {**HOST, "output": "proxy_host"}}}},
        AROUND,
        {"migration": {"environment": {"PGHOST": UNKNOWN}}},
    ),
}


@pytest.mark.parametrize("case", RESOLVED)
def test_what_names_become(case: str) -> None:
    settings, around, expected = RESOLVED[case]
    assert resolved(settings, "main", around) == expected


NEEDED: dict[str, tuple[dict[str, Any], str, set[str]]] = {
    "nothing": ({}, "main", set()),
    "ARNs need no outputs": ({"ingress": {"certificate": WEB}, "service_account": {"role": ROLE}}, "main", set()),
    "names do": ({"ingress": {"certificate": [WEB, "front"]}, "service_account": {"role": "web"}}, "main", {"eks", "dns"}),
    "the name of a web ACL does": ({"ingress": {"web_acl": "main"}}, "main", {"s3_cdn"}),
    "its ARN does not": ({"ingress": {"web_acl": ACL}}, "main", set()),
    "a cluster of others has no outputs": ({"service_account": {"role": "web"}}, "", set()),
    "the host of a database": ({"cron_jobs": {"report": {"environment": {"PGHOST": HOST}}}}, "main", {"rds"}),
}


@pytest.mark.parametrize("case", NEEDED)
def test_whose_outputs_are_needed(case: str) -> None:
    settings, cluster, expected = NEEDED[case]
    assert {role for role, needed in needs_outputs(settings, cluster).items() if needed} == expected


def test_databases_are_named_as_in_the_inventory_or_by_their_identifiers() -> None:
    migration = {"databases": ["main", "user_data", "old", "prod-analytics"]}
    assert databases_of({"migration": migration}, AROUND) == ["prod-main", "prod-user-data", "legacy", "prod-analytics"]
    assert databases_of({}, AROUND) == []


@pytest.mark.parametrize(("region", "suffix"), [("af-south-1", "amazonaws.com"), ("cn-north-1", "amazonaws.com.cn")])
def test_the_registry_of_the_account(region: str, suffix: str) -> None:
    assert registry_of("123456789012", region) == f"123456789012.dkr.ecr.{region}.{suffix}"


VARIABLES = {
    "app_deploy_namespace": "shop",
    "app_deploy_version": "1.4.2",
    "app_deploy_cluster": "main",
    "app_deploy_eks_component": "cluster",
    "app_deploy_eks_cluster": "",
    "app_deploy_keep": 10,
    "platform_environment": "prod",
    "__platform_inventory": {"clusters": CLUSTERS, "zones": ZONES, "databases": AROUND.databases, "web_acls": AROUND.web_acls},
}
COPIED = {"app_deploy_secrets": {"db": {"csi": {"key": "x", "sync": True}}, "session": {"generate": {"key": "A"}}}}


def with_addon(configuration: dict[str, Any] | None) -> dict[str, Any]:
    """The inventory, with the add-on of the Secrets Store CSI driver or without it."""
    addons = {} if configuration is None else {"aws-secrets-store-csi-driver-provider": {"configuration": configuration}}
    return {**VARIABLES["__platform_inventory"], "clusters": {**CLUSTERS, "main": {**CLUSTERS["main"], "addons": addons}}}


WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "a cluster that is not described": (
        {"app_deploy_cluster": "mian"},
        "app_deploy_cluster is 'mian', but cluster describes no such cluster; did you mean main?",
    ),
    "no cluster at all": ({"__platform_inventory": {}}, "app_deploy_eks_cluster is missing: no host of the inventory describes clusters"),
    "a certificate that no zone has": ({"app_deploy_ingress": {"certificate": "wbe"}}, "did you mean web?"),
    "a certificate that two zones have": (
        {"app_deploy_ingress": {"certificate": "web"}},
        "several zones have a certificate of that name; write one of main/web, shop/web",
    ),
    "no certificates at all": (
        {"app_deploy_ingress": {"certificate": "web"}, "__platform_inventory": {"clusters": CLUSTERS}},
        "app_deploy_ingress.certificate is 'web', but no zone has any. Or give an ARN",
    ),
    "a web ACL that is not described": (
        {"app_deploy_ingress": {"web_acl": "mian"}},
        "app_deploy_ingress.web_acl is 'mian', but app_deploy_s3_cdn_component describes no such web ACL; did you mean main?",
    ),
    "a web ACL for distributions": (
        {"app_deploy_ingress": {"web_acl": "cdn"}},
        "app_deploy_ingress.web_acl is 'cdn', but it protects distributions alone; add alb to its scopes",
    ),
    "no web ACLs at all": (
        {"app_deploy_ingress": {"web_acl": "main"}, "__platform_inventory": {"clusters": CLUSTERS}},
        "app_deploy_ingress.web_acl is 'main', but app_deploy_s3_cdn_component describes no such web ACL; no host of the inventory",
    ),
    "a role that the cluster has not": (
        {"app_deploy_service_account": {"role": "wbe"}},
        "the cluster has no such role for pods; did you mean web?",
    ),
    "the name of a role of a cluster of others": (
        {"app_deploy_service_account": {"role": "web"}, "app_deploy_eks_cluster": "theirs"},
        "app_deploy_service_account.role is 'web', but give its ARN",
    ),
    "a copy that the add-on does not make": (
        {**COPIED, "__platform_inventory": with_addon({})},
        "app_deploy_secrets.db.csi.sync is True, but the add-on makes no copies unless told to; set "
        "eks_clusters.main.addons.aws-secrets-store-csi-driver-provider.configuration to {secrets-store-csi-driver: {syncSecret:",
    ),
    "a migration of no database": ({"app_deploy_migration": {"image": "m:1"}}, "app_deploy_migration.databases is missing"),
    "a database that is not described": (
        {"app_deploy_services": {"api": {"environment": {"PGHOST": {"database": "mian", "output": "host"}}}}},
        "environment.PGHOST.database is 'mian', but app_deploy_rds_component describes no such database; did you mean main?",
    ),
    "an output that databases do not have": (
        {"app_deploy_workers": {"mail": {"environment": {"PGHOST": {"database": "main", "output": "password"}}}}},
        "environment.PGHOST.output is 'password', but it must be one of host, port",
    ),
    "a reference with more than that": (
        {"app_deploy_cron_jobs": {"r": {"environment": {"PGHOST": {"database": "main", "output": "host", "default": "x"}}}}},
        "an output of a database has the members database and output",
    ),
    "a version that is a number": ({"app_deploy_version": "1.4 beta"}, "app_deploy_version is '1.4 beta', but"),
    "no version where one is required": (
        {"app_deploy_version": "", "__platform_inventory": {"clusters": CLUSTERS, "version_required": True}},
        "app_deploy_version is missing: say which version to deploy",
    ),
    "a namespace in capitals": ({"app_deploy_namespace": "Shop"}, "app_deploy_namespace is 'Shop', but"),
    "one record only": ({"app_deploy_keep": 1}, "app_deploy_keep is 1, but it must be 2 to 100"),
    "a window": ({"app_deploy_window": {"schedule": "x"}}, "app_deploy_window.schedule is 'x', but"),
    "a canary without steps": ({"app_deploy_strategy": "canary"}, "app_deploy_canary.steps is missing: give at least one step"),
    "a canary without metrics": (
        {"app_deploy_strategy": "canary", "app_deploy_canary": {"steps": [{"weight": 10}]}},
        "app_deploy_canary.steps[0] has no metrics",
    ),
    "a canary without a share": (
        {"app_deploy_strategy": "canary", "app_deploy_canary": {"steps": [{"bake": 10}]}},
        "app_deploy_canary.steps[0] has no share",
    ),
    "a setting that a canary does not have": (
        {"app_deploy_strategy": "canary", "app_deploy_canary": {"stepz": []}},
        "app_deploy_canary: no such setting: stepz",
    ),
    "an old color that was never there": (
        {"app_deploy_strategy": "blue_green", "app_deploy_blue_green": {"keep": -1}},
        "app_deploy_blue_green.keep is -1; it is a number of seconds",
    ),
    "two colors of a chart": (
        {"app_deploy_mode": "helm", "app_deploy_chart": {"chart": "shop"}, "app_deploy_strategy": "blue_green"},
        "app_deploy_strategy: strategy blue_green needs mode apply, and mode is helm: there, the chart owns the objects",
    ),
    "a canary of Argo CD": (
        {"app_deploy_mode": "argocd", "app_deploy_argocd": {"application": "shop"}, "app_deploy_strategy": "canary"},
        "app_deploy_strategy: strategy canary needs mode apply, and mode is argocd: there, Argo CD owns the objects",
    ),
    "no chart": ({"app_deploy_mode": "helm"}, "app_deploy_chart is missing: mode helm needs one"),
    "a chart that nothing uses": (
        {"app_deploy_chart": {"chart": "shop"}},
        "app_deploy_chart is given, and mode is apply: set mode to helm",
    ),
    "a setting that a chart does not have": (
        {"app_deploy_mode": "helm", "app_deploy_chart": {"chart": "shop", "vales": {}}},
        "app_deploy_chart has no setting vales",
    ),
    "no Application": ({"app_deploy_mode": "argocd"}, "app_deploy_argocd: missing required arguments: application"),
    "no revision": (
        {"app_deploy_mode": "argocd", "app_deploy_argocd": {"application": "shop"}, "app_deploy_version": ""},
        "app_deploy_argocd.revision is missing",
    ),
    "a reason that is a report": ({"app_deploy_break_glass": "x" * 501}, "app_deploy_break_glass has more than 500 characters"),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_is_refused_before_the_first_call(case: str) -> None:
    changed, expected = WRONG[case]
    assert [text for text in role_errors({**VARIABLES, **changed}) if expected in text], role_errors({**VARIABLES, **changed})


def test_nothing_is_wrong_with_the_rest() -> None:
    assert role_errors(VARIABLES) == []
    assert role_errors({**VARIABLES, "app_deploy_eks_cluster": "theirs", "__platform_inventory": {}}) == []
    told = {"secrets-store-csi-driver": {"syncSecret": {"enabled": True}}}
    assert role_errors({**VARIABLES, **COPIED, "__platform_inventory": with_addon(told)}) == []
    assert role_errors({**VARIABLES, **COPIED, "__platform_inventory": with_addon(None)}) == [], "the driver may come from elsewhere"
    assert role_errors({**VARIABLES, "app_deploy_canary": {"steps": []}}) == [], "the settings of a strategy that is not chosen"
