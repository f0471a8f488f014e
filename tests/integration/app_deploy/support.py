# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""An application of an inventory, deployed by the playbooks into a cluster that the inventory does not describe."""

from __future__ import annotations

import base64
import gzip
import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.request import HTTPCookieProcessor

import psycopg
import yaml

from ansible_collections.mainstay.aws.plugins.module_utils.permissions.inventory import policies_of
from rehearsal.container_images import push
from rehearsal.kubernetes.api import Api
from rehearsal.testing import Cloud
from scripts import applications
from scripts.terminal import BIN, isolated_environment
from tests.integration.eks_content.support import ACCOUNT, CLUSTER, REGION, Account
from tests.integration.eks_operations.killing import kill
from tests.integration.eks_operations.workloads import controller
from tests.integration.examples.running import Run, play
from tests.integration.snapshot_gate.support import Site
from tests.rehearsal.conftest import until

__all__ = ["ACCOUNT", "REGION", "Shop", "furnish"]

DOMAIN = "shop.example"
HOST = f"www.{DOMAIN}"
HEADER, SECRET = "x-origin-verify", "/mainstay/prod/edge/origin-api"
REPOSITORIES = {"api": ("1.0.0", "1.1.0", "1.2.0-http-500"), "migrations": ("1.0.0", "1.1.0", "1.2.0-http-500")}


def furnish(cloud: Cloud, folder: Path) -> None:
    """What the application needs: a cluster with a load balancer controller, a zone with a certificate, images, and a database."""
    account = Account(cloud)
    account.make_cluster()
    subnets = [one["SubnetId"] for one in account.ec2.describe_subnets()["Subnets"] if one["CidrBlock"].startswith("10.0.")]
    account.ec2.create_tags(Resources=subnets, Tags=[{"Key": "kubernetes.io/role/elb", "Value": "1"}])
    controller(account.api(folder))
    ecr = cloud.client("ecr")
    for name, tags in REPOSITORIES.items():
        ecr.create_repository(repositoryName=name)
        for tag in tags:
            push(ecr, name, tag)
    cloud.client("route53").create_hosted_zone(Name=DOMAIN, CallerReference="shop")
    certify(cloud)
    Site(cloud).create("main", DBName="shop", MasterUsername=USER, MasterUserPassword=PASSWORD)
    with database(cloud) as connection:
        connection.execute("CREATE TABLE migrations (version text)")


USER, PASSWORD = "root_user", "not-secret-at-all"
GATE = 4711
"""The advisory lock that a migration waits for."""
MIGRATION = f"""
SELECT pg_advisory_lock_shared({GATE});
INSERT INTO migrations VALUES (:'version');
"""
"""Each run leaves a row, so that a second one would show."""


def login(cloud: Cloud) -> dict[str, str]:
    """How libpq connects to the database."""
    endpoint = Site(cloud).instance()["Endpoint"]
    return {
        "PGHOST": endpoint["Address"],
        "PGPORT": str(endpoint["Port"]),
        "PGUSER": USER,
        "PGPASSWORD": PASSWORD,
        "PGDATABASE": "shop",
    }


@contextmanager
def database(cloud: Cloud) -> Iterator[psycopg.Connection[Any]]:
    given = {name.removeprefix("PG").lower(): value for name, value in login(cloud).items()}
    with psycopg.connect(dbname=given.pop("database"), autocommit=True, **given) as connection:
        yield connection


def certify(cloud: Cloud) -> None:
    """A certificate, issued after its validation record exists."""
    acm = cloud.client("acm")
    arn = acm.request_certificate(DomainName=HOST, ValidationMethod="DNS")["CertificateArn"]

    def described() -> dict[str, Any]:
        return dict(acm.describe_certificate(CertificateArn=arn)["Certificate"])

    until(lambda: "ResourceRecord" in described()["DomainValidationOptions"][0], 30.0)
    record = described()["DomainValidationOptions"][0]["ResourceRecord"]
    change(cloud, "CREATE", {"Name": record["Name"], "Type": record["Type"], "TTL": 60, "ResourceRecords": [{"Value": record["Value"]}]})
    until(lambda: described()["Status"] == "ISSUED", 60.0)


def unpacked(content: bytes) -> str:
    return (gzip.decompress(content) if content[:2] == b"\x1f\x8b" else content).decode("utf-8", "replace")


def zone_of(cloud: Cloud) -> str:
    return str(cloud.client("route53").list_hosted_zones()["HostedZones"][0]["Id"])


def change(cloud: Cloud, action: str, record: Mapping[str, Any]) -> None:
    batch = {"Changes": [{"Action": action, "ResourceRecordSet": record}]}
    cloud.client("route53").change_resource_record_sets(HostedZoneId=zone_of(cloud), ChangeBatch=batch)


@dataclass
class Shop:
    """The application ``shop`` in the namespace of the same name. Playbooks run on copies of one inventory."""

    cloud: Cloud
    folder: Path

    def __post_init__(self) -> None:
        self.api: Api = Account(self.cloud).api(self.folder)
        self.inventory = self.folder / "inventory"
        (self.inventory / "group_vars").mkdir(parents=True)
        (self.inventory / "hosts.yml").write_text(yaml.safe_dump({"app_deploy": {"hosts": {"shop": None}}}))
        (self.inventory / "group_vars" / "all.yml").write_text(yaml.safe_dump(self.variables()))

    def variables(self) -> dict[str, Any]:
        certificate = self.cloud.client("acm").list_certificates()["CertificateSummaryList"][0]["CertificateArn"]
        return {
            "ansible_connection": "local",
            "platform_environment": "prod",
            "platform_region": REGION,
            "platform_account_id": ACCOUNT,
            "platform_poll_interval": 0.5,
            "app_deploy_eks_cluster": CLUSTER,
            "app_deploy_namespace": "shop",
            "app_deploy_services": {
                "api": {"image": "api:{{ app_deploy_version }}", "port": 8080, "probe": "/healthz", "keep_alive": 65, "replicas": 2}
            },
            "app_deploy_configuration": {"sql": {"up.sql": MIGRATION}, "database": login(self.cloud)},
            "app_deploy_migration": {
                "image": "migrations:{{ app_deploy_version }}",
                "command": ["psql", "-v", "ON_ERROR_STOP=1", "-v", "version={{ app_deploy_version }}", "-f", "/sql/up.sql"],
                "configuration": [{"name": "sql", "mount": "/sql"}, "database"],
                "databases": ["main"],
                "deadline": 120,
            },
            "app_deploy_network": {"load_balancer_cidrs": ["10.0.0.0/16"]},
            "app_deploy_ingress": {"hosts": {HOST: {"/": "api"}}, "scheme": "internet-facing", "certificate": certificate},
            "app_deploy_gate": {"max_age": 600},
            "app_deploy_verification": {
                "wait_timeout": 120,
                "settle": 2,
                "poll_interval": 0.5,
                "probes": [{"url": f"https://{HOST}/", "wait": 8, "interval": 0.5, "timeout": 2}],
            },
        }

    def play(self, playbook: str, *arguments: str, **extra: Any) -> Run:
        self.cloud.admin.clear_requests()
        given = {"app_deploy_manage": True, **extra}
        return play(
            self.cloud,
            str(self.inventory),
            self.folder,
            *arguments,
            "--extra-vars",
            json.dumps(given),
            playbook=f"playbooks/{playbook}.yml",
        )

    def deploy(self, version: str, **extra: Any) -> Run:
        return self.play("deploy", app_deploy_version=version, **extra)

    @contextmanager
    def own_policies(self) -> Iterator[None]:
        """Meanwhile, runs have the generated policies of this component alone."""
        hosts = [{"inventory_hostname": "shop", "group_names": ["app_deploy"], **self.variables()}]
        given = policies_of(hosts, "shop", lambda _region: "aws")
        self.cloud.admin.policies(**given)
        try:
            yield
        finally:
            self.cloud.admin.policies(**dict.fromkeys(given))

    def killed(self, version: str, when: Callable[[], bool], what: str, **extra: Any) -> None:
        """Deploy, and kill the run with all its processes as soon as ``when`` holds."""
        given = json.dumps({"app_deploy_manage": True, "app_deploy_version": version, **extra})
        command = [str(BIN / "ansible-playbook"), "playbooks/deploy.yml", "-i", str(self.inventory), "--extra-vars", given]
        kill(command, isolated_environment(self.cloud.environment("apply")), str(self.inventory), when, what)

    # --- what there is -----------------------------------------------------------------------------------------------

    def deployment(self, name: str = "api") -> dict[str, Any]:
        return dict(self.api.get(f"/apis/apps/v1/namespaces/shop/deployments/{name}"))

    def settle(self) -> None:
        """Wait until the pods of the last release have gone: until then, controllers change the Deployment's status."""

        def settled() -> bool:
            pods = self.api.get("/api/v1/namespaces/shop/pods")["items"]
            leaving = self.deployment()["status"].get("terminatingReplicas") or 0
            return not leaving and not any(pod["metadata"].get("deletionTimestamp") for pod in pods)

        until(settled)

    def image(self, name: str = "api") -> str:
        return str(self.deployment(name)["spec"]["template"]["spec"]["containers"][0]["image"])

    def images(self) -> set[str]:
        """Of everything in the namespace that runs or has run, migrations included."""
        paths = [f"/apis/{group}/namespaces/shop/{kind}" for group, kind in (("apps/v1", "deployments"), ("batch/v1", "jobs"))]
        pods = [one["spec"]["template"]["spec"] for path in paths for one in self.api.get(path)["items"]]
        return {str(container["image"]) for pod in pods for container in pod["containers"]}

    def managers(self) -> list[tuple[str, str]]:
        """(manager, operation) of the entries that are not about a subresource."""
        entries = self.deployment()["metadata"]["managedFields"]
        return [(one["manager"], one["operation"]) for one in entries if not one.get("subresource")]

    def digest(self, repository: str, tag: str) -> str:
        """The image by the digest of its index."""
        reply = self.cloud.client("ecr").batch_get_image(repositoryName=repository, imageIds=[{"imageTag": tag}])
        return f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/{repository}@{reply['images'][0]['imageId']['imageDigest']}"

    def tags(self, repository: str) -> list[str]:
        images = self.cloud.client("ecr").describe_images(repositoryName=repository)["imageDetails"]
        return sorted(tag for one in images for tag in one.get("imageTags", ()))

    def answer(self, secret: str = "") -> tuple[int, str]:
        """Status and version of what users get. ``secret``: the value of the header that a distribution adds."""
        found = applications.ask(self.cloud.description, f"https://{HOST}/", {HEADER: secret} if secret else {})
        return found.status, found.version

    def forwards(self) -> list[dict[str, int]]:
        """The weights by Service of each rule of the load balancer that forwards requests, without those that only a header meets."""
        elb = self.cloud.client("elbv2")
        groups = [one["TargetGroupArn"] for one in elb.describe_target_groups()["TargetGroups"]]
        tags = elb.describe_tags(ResourceArns=groups)["TagDescriptions"] if groups else []
        resources = {one["ResourceArn"]: {tag["Key"]: tag["Value"] for tag in one["Tags"]}["ingress.k8s.aws/resource"] for one in tags}
        found = []
        for rule in self.rules():
            headers = any(one["Field"] == "http-header" for one in rule["Conditions"])
            for action in [] if headers else rule["Actions"]:
                weights = (action.get("ForwardConfig") or {}).get("TargetGroups") or []
                found += [{resources[one["TargetGroupArn"]]: one.get("Weight", 1) for one in weights}] if weights else []
        short = [{name.removeprefix("shop/shop-").partition(":")[0]: weight for name, weight in one.items()} for one in found]
        return [dict(sorted(one.items())) for one in short]

    def rules(self) -> list[dict[str, Any]]:
        """Those of all listeners."""
        elb = self.cloud.client("elbv2")
        balancers = [one["LoadBalancerArn"] for one in elb.describe_load_balancers()["LoadBalancers"]]
        listeners = [one["ListenerArn"] for arn in balancers for one in elb.describe_listeners(LoadBalancerArn=arn)["Listeners"]]
        return [rule for arn in listeners for rule in elb.describe_rules(ListenerArn=arn)["Rules"]]

    def stickiness(self) -> tuple[set[str], set[int]]:
        """Seconds that target groups, and rules with several of them, keep a client."""
        elb, of_groups = self.cloud.client("elbv2"), set()
        for one in elb.describe_target_groups()["TargetGroups"]:
            found = elb.describe_target_group_attributes(TargetGroupArn=one["TargetGroupArn"])["Attributes"]
            attributes = {each["Key"]: each["Value"] for each in found}
            kept = attributes.get("stickiness.enabled") == "true"
            of_groups.add(attributes["stickiness.lb_cookie.duration_seconds"] if kept else "none")
        configs = [action.get("ForwardConfig") or {} for rule in self.rules() for action in rule["Actions"]]
        divided = [one["TargetGroupStickinessConfig"] for one in configs if len(one.get("TargetGroups", ())) > 1]
        return of_groups, {one["DurationSeconds"] if one["Enabled"] else 0 for one in divided}

    @contextmanager
    def migrations_held(self) -> Iterator[Callable[[], bool]]:
        """Until the end, migrations wait inside the database. Gives whether one does."""
        waiting = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
        with database(self.cloud) as connection:
            connection.execute("SELECT pg_advisory_lock(%s)", (GATE,))
            yield lambda: connection.execute(waiting).fetchone() == (1,)

    def snapshots(self) -> list[str]:
        """Those that the gate has taken."""
        return Site(self.cloud).manual()

    def migrated(self) -> list[str]:
        """The versions whose migrations have run in the database, each as often as it did."""
        with database(self.cloud) as connection:
            return [row[0] for row in connection.execute("SELECT version FROM migrations ORDER BY version").fetchall()]

    def returning(self) -> Callable[[], tuple[int, str]]:
        """Asks as a browser that keeps the load balancer's cookies."""
        cookies = HTTPCookieProcessor()

        def ask() -> tuple[int, str]:
            found = applications.ask(self.cloud.description, f"https://{HOST}/", more=(cookies,))
            return found.status, found.version

        return ask

    @contextmanager
    def load(self) -> Iterator[list[applications.Answer]]:
        """What users get meanwhile, one request after the other."""
        found: list[applications.Answer] = []
        ended = threading.Event()

        def ask() -> None:
            while not ended.wait(0.1):
                found.append(applications.ask(self.cloud.description, f"https://{HOST}/"))

        users = threading.Thread(target=ask, daemon=True)
        users.start()
        yield found
        ended.set()
        users.join()

    def deployments(self) -> list[str]:
        return sorted(one["metadata"]["name"] for one in self.api.get("/apis/apps/v1/namespaces/shop/deployments")["items"])

    def demanding(self, secret: str, **settings: Any) -> dict[str, Any]:
        """Variables for a load balancer with further settings, and probes that have its header."""
        variables = self.variables()
        probes = [{**probe, "headers": {HEADER: secret}} for probe in variables["app_deploy_verification"]["probes"]]
        return {
            "app_deploy_ingress": {**variables["app_deploy_ingress"], **settings},
            "app_deploy_verification": {**variables["app_deploy_verification"], "probes": probes},
        }

    def web_acl(self) -> str:
        """The ARN of a new web ACL."""
        visible = {"SampledRequestsEnabled": False, "CloudWatchMetricsEnabled": True, "MetricName": "shop"}
        made = self.cloud.client("wafv2").create_web_acl(
            Name="shop", Scope="REGIONAL", DefaultAction={"Allow": {}}, VisibilityConfig=visible, Rules=[]
        )
        return str(made["Summary"]["ARN"])

    def recorded(self) -> str:
        """What the records of releases contain."""
        found = self.api.get("/api/v1/namespaces/shop/secrets")["items"]
        data = [value for one in found if one["type"] == "mainstay.aws/release" for value in one["data"].values()]
        return "".join(unpacked(base64.b64decode(value)) for value in data)

    def records(self) -> list[str]:
        """The names of the alias records."""
        found = self.cloud.client("route53").list_resource_record_sets(HostedZoneId=zone_of(self.cloud))["ResourceRecordSets"]
        return [one["Name"] for one in found if "AliasTarget" in one]

    def jobs(self) -> list[str]:
        """The UIDs of the migrations' Jobs that exist."""
        return [one["metadata"]["uid"] for one in self.api.get("/apis/batch/v1/namespaces/shop/jobs")["items"]]
