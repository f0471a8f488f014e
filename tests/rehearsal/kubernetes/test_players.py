"""Simulators in a real control plane other than nodes: Fargate and the load balancer controller. One cluster for all tests."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest

from ansible_collections.mainstay.aws.plugins.module_utils.rollout.probes import Probe, fetch
from rehearsal.kubernetes.api import Api, ApiError
from rehearsal.kubernetes.fargate import WEBHOOK
from rehearsal.kubernetes.pod_webhooks import WEBHOOKS

from ..conftest import ACCOUNT, REGION, CheckedCloud, trust, until
from ..eks_nodes import Site
from ..self_signed import self_signed
from ..test_cloudfront import ALL, API, BUCKET, CODE, DISABLED, access_control, behavior, config, listed
from ..test_edge import Viewer, policy_for
from .balanced import DEPLOYMENTS, deployment, service
from .conftest import is_gone, kubernetes, wait

SECONDS = 120.0
PODS, NODES = "/api/v1/namespaces/jobs/pods", "/api/v1/nodes"


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    with CheckedCloud(account_id=ACCOUNT, region=REGION) as cloud:
        site = Site(cloud, control_planes=True)
        site.create_group()
        yield site
        assert cloud.problems == []


@pytest.fixture(scope="module")
def api(site: Site) -> Api:
    return kubernetes(site, "main")


def running(pod: dict[str, Any]) -> bool:
    return bool(pod["status"].get("phase") == "Running")


def of_fargate(api: Api) -> list[str]:
    return [node["metadata"]["name"] for node in api.get(NODES, labelSelector="eks.amazonaws.com/compute-type=fargate")["items"]]


def webhook_names(api: Api) -> set[str]:
    return {one["metadata"]["name"] for one in api.get(WEBHOOKS)["items"]}


def pod(name: str, **labels: str) -> dict[str, Any]:
    spec = {"containers": [{"name": "app", "image": "registry.example/app:1"}]}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "labels": labels}, "spec": spec}


def test_a_pod_of_a_profile_has_a_node_of_its_own(site: Site, api: Api) -> None:
    role = site.new_role("fargate", trust("eks-fargate-pods.amazonaws.com"))
    profile = {"clusterName": "main", "fargateProfileName": "jobs"}
    selectors = [{"namespace": "jobs", "labels": {"run": "there"}}]
    site.eks.create_fargate_profile(**profile, podExecutionRoleArn=role, subnets=site.subnets, selectors=selectors)
    api.create("/api/v1/namespaces", {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "jobs"}})
    wait(api, "/api/v1/namespaces/jobs/serviceaccounts", "default", lambda _: True)
    until(lambda: WEBHOOK in webhook_names(api), SECONDS)
    interfaces = len(site.interfaces())

    for name, labels in (("one", {"run": "there"}), ("two", {"run": "there"}), ("elsewhere", {})):
        api.create(PODS, pod(name, **labels))
    nodes = {name: wait(api, PODS, name, running)["spec"]["nodeName"] for name in ("one", "two", "elsewhere")}
    assert sorted(of_fargate(api)) == sorted([nodes["one"], nodes["two"]])
    assert nodes["one"].startswith("fargate-ip-10-0-")
    assert nodes["elsewhere"].startswith("ip-10-0-")
    found = api.get(f"{PODS}/one")
    assert (found["spec"]["schedulerName"], found["metadata"]["labels"]["eks.amazonaws.com/fargate-profile"]) == (
        "fargate-scheduler",
        "jobs",
    )
    assert found["metadata"]["annotations"]["CapacityProvisioned"] == "0.25vCPU 0.5GB"
    node = api.get(f"{NODES}/{nodes['one']}")
    assert {"key": "eks.amazonaws.com/compute-type", "value": "fargate", "effect": "NoSchedule"} in node["spec"]["taints"]
    assert len(site.interfaces()) == interfaces + 2

    api.delete(f"{PODS}/one")
    until(lambda: of_fargate(api) == [nodes["two"]], SECONDS)
    site.eks.delete_fargate_profile(**profile)
    until(lambda: site.eks.list_fargate_profiles(clusterName="main")["fargateProfileNames"] == [], SECONDS)
    assert is_gone(api, f"{PODS}/two")
    assert of_fargate(api) == []
    assert len(site.interfaces()) == interfaces
    until(lambda: WEBHOOK not in webhook_names(api), SECONDS)
    api.delete(f"{PODS}/elsewhere")


def definition(group: str, version: str, kind: str, plural: str, scope: str = "Namespaced") -> dict[str, Any]:
    kept = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    schema = {"openAPIV3Schema": {"type": "object", "properties": {"spec": kept, "status": kept}}}
    served = {"name": version, "served": True, "storage": True, "subresources": {"status": {}}, "schema": schema}
    names = {"kind": kind, "listKind": f"{kind}List", "plural": plural, "singular": kind.lower()}
    spec = {"group": group, "scope": scope, "names": names, "versions": [served]}
    kind_of = {"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition"}
    return {**kind_of, "metadata": {"name": f"{plural}.{group}"}, "spec": spec}


def define(api: Api, **of: str) -> None:
    made = definition(**of)
    api.create(DEFINITIONS, made)
    wait(api, DEFINITIONS, made["metadata"]["name"], lambda each: is_true(each, "Established"))


DEFINITIONS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
CONTROLLER = "/apis/apps/v1/namespaces/kube-system/deployments"
INGRESSES, SERVICES = "/apis/networking.k8s.io/v1/namespaces/default/ingresses", "/api/v1/namespaces/default/services"


def hostname(resource: dict[str, Any]) -> str:
    shown = resource["status"].get("loadBalancer", {}).get("ingress") or [{}]
    return str(shown[0].get("hostname", ""))


def load_balancers(site: Site) -> list[dict[str, Any]]:
    return list(site.cloud.client("elbv2").describe_load_balancers()["LoadBalancers"])


def groups_of_the_controller(site: Site) -> list[str]:
    filters = [{"Name": "tag:elbv2.k8s.aws/cluster", "Values": ["main"]}]
    return [each["GroupName"] for each in site.ec2.describe_security_groups(Filters=filters)["SecurityGroups"]]


def scaled(api: Api, replicas: int) -> None:
    api.patch(f"{CONTROLLER}/aws-load-balancer-controller", {"spec": {"replicas": replicas}})
    wait(api, CONTROLLER, "aws-load-balancer-controller", lambda each: each["status"].get("availableReplicas", 0) == replicas)


def test_load_balancers_live_as_long_as_their_controller_looks_after_them(site: Site, api: Api) -> None:
    elb = site.cloud.client("elbv2")
    path = {"path": "/", "pathType": "Prefix", "backend": {"service": {"name": "tcp", "port": {"number": 80}}}}
    alb = {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "IngressClass",
        "metadata": {"name": "alb"},
        "spec": {"controller": "ingress.k8s.aws/alb"},
    }
    api.create("/apis/networking.k8s.io/v1/ingressclasses", alb)
    rules = {"ingressClassName": "alb", "rules": [{"http": {"paths": [path]}}]}
    ports = {"type": "LoadBalancer", "loadBalancerClass": "service.k8s.aws/nlb", "ports": [{"port": 80}], "selector": {"app": "tcp"}}
    api.create(INGRESSES, {"apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "metadata": {"name": "shop"}, "spec": rules})
    api.create(SERVICES, {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "tcp"}, "spec": ports})

    labels = {"app.kubernetes.io/name": "aws-load-balancer-controller"}
    template = {"metadata": {"labels": labels}, "spec": {"containers": [{"name": "controller", "image": "registry.example/controller:1"}]}}
    spec = {"replicas": 1, "selector": {"matchLabels": labels}, "template": template}
    api.create(
        CONTROLLER, {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "aws-load-balancer-controller"}, "spec": spec}
    )
    shop = wait(api, INGRESSES, "shop", lambda each: bool(hostname(each)))
    tcp = wait(api, SERVICES, "tcp", lambda each: bool(hostname(each)))
    assert shop["metadata"]["finalizers"] == ["ingress.k8s.aws/resources"]
    assert "service.k8s.aws/resources" in tcp["metadata"]["finalizers"]
    made = {each["DNSName"]: each for each in load_balancers(site)}
    assert {made[hostname(shop)]["Type"], made[hostname(tcp)]["Type"]} == {"application", "network"}
    (described,) = elb.describe_tags(ResourceArns=[made[hostname(shop)]["LoadBalancerArn"]])["TagDescriptions"]
    assert {tag["Key"]: tag["Value"] for tag in described["Tags"]} == {
        "elbv2.k8s.aws/cluster": "main",
        "ingress.k8s.aws/stack": "default/shop",
        "ingress.k8s.aws/resource": "LoadBalancer",
    }
    assert len(elb.describe_target_groups()["TargetGroups"]) == 2
    assert len(groups_of_the_controller(site)) == 3
    for balancer in made.values():
        assert elb.describe_listeners(LoadBalancerArn=balancer["LoadBalancerArn"])["Listeners"][0]["Port"] == 80

    # Without its controller, a deleted Ingress remains, and so does its load balancer.
    scaled(api, 0)
    api.delete(f"{INGRESSES}/shop")
    assert api.get(f"{INGRESSES}/shop")["metadata"]["deletionTimestamp"]
    assert len(load_balancers(site)) == 2
    api.patch(f"{INGRESSES}/shop", {"metadata": {"annotations": {"rehearsal.mainstay/delete-delay": "2s"}}})
    scaled(api, 1)
    assert not is_gone(api, f"{INGRESSES}/shop")
    until(lambda: is_gone(api, f"{INGRESSES}/shop"), SECONDS)
    assert [each["Type"] for each in load_balancers(site)] == ["network"]

    api.delete(f"{SERVICES}/tcp")
    until(lambda: is_gone(api, f"{SERVICES}/tcp"), SECONDS)
    assert load_balancers(site) == []
    assert elb.describe_target_groups()["TargetGroups"] == []
    assert groups_of_the_controller(site) == []
    assert site.interfaces(description="ELB *") == []


def annotated(**said: str) -> dict[str, str]:
    return {f"alb.ingress.kubernetes.io/{key.replace('_', '-')}": value for key, value in said.items()}


def forwarding(**weights: int) -> str:
    groups = [{"serviceName": name, "servicePort": 80, "weight": weight} for name, weight in weights.items()]
    return json.dumps({"type": "forward", "forwardConfig": {"targetGroups": groups}})


@dataclass(frozen=True)
class Shop:
    """An Ingress that splits its requests between the Services blue and green, one pod each."""

    certificate: str
    web_acl: str
    balancer: str  # ARNs
    groups: dict[str, dict[str, Any]]  # descriptions of target groups by Service
    ways: dict[str, str]  # the environment of clients

    def versions(self, count: int = 4) -> set[str]:
        """The versions that answer, asked as the rollout verifier asks."""
        probe = Probe("https://shop.example.com/")
        with pytest.MonkeyPatch.context() as patched:
            for name, value in self.ways.items():
                patched.setenv(name, value)
            return {fetch(probe).headers["x-version"] for _ in range(count)}


SHOP_INGRESSES = "/apis/networking.k8s.io/v1/namespaces/shop/ingresses"


@pytest.fixture(scope="module")
def shop(site: Site, api: Api) -> Shop:
    cloud = site.cloud
    elb, acm, waf = (cloud.client(name) for name in ("elbv2", "acm", "wafv2"))
    cloud.admin.settings(traffic_seconds={"registration": 0.2, "propagation": 0.3, "metrics": 0.5})
    certificate = acm.import_certificate(**self_signed("*.example.com"))["CertificateArn"]
    visible = {"SampledRequestsEnabled": False, "CloudWatchMetricsEnabled": False, "MetricName": "x"}
    acl = waf.create_web_acl(Name="shop", Scope="REGIONAL", DefaultAction={"Allow": {}}, VisibilityConfig=visible, Rules=[])["Summary"]
    define(api, group="elbv2.k8s.aws", version="v1beta1", kind="TargetGroupBinding", plural="targetgroupbindings")
    labels = {"elbv2.k8s.aws/pod-readiness-gate-inject": "enabled"}
    api.create("/api/v1/namespaces", {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop", "labels": labels}})
    wait(api, "/api/v1/namespaces/shop/serviceaccounts", "default", lambda _: True)
    said = annotated(
        target_type="ip",
        listen_ports='[{"HTTP": 80}, {"HTTPS": 443}]',
        ssl_redirect="443",
        ssl_policy="ELBSecurityPolicy-TLS13-1-2-2021-06",
        healthcheck_path="/healthz",
        success_codes="200-204",
        load_balancer_attributes="idle_timeout.timeout_seconds=30,access_logs.s3.enabled=true,access_logs.s3.bucket=logs",
        target_group_attributes="deregistration_delay.timeout_seconds=20",
        wafv2_acl_arn=acl["ARN"],
        tags="team=shop",
    )
    said["alb.ingress.kubernetes.io/actions.split"] = forwarding(blue=1, green=1)
    backend = {"service": {"name": "split", "port": {"name": "use-annotation"}}}
    rule = {"host": "shop.example.com", "http": {"paths": [{"path": "/", "pathType": "Prefix", "backend": backend}]}}
    spec = {"ingressClassName": "alb", "rules": [rule]}
    for name in ("blue", "green"):
        api.create("/api/v1/namespaces/shop/services", service(name, "shop"))
    manifest = {"apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "metadata": {"name": "shop", "annotations": said}, "spec": spec}
    api.create(SHOP_INGRESSES, manifest)
    wait(api, SHOP_INGRESSES, "shop", lambda each: bool(hostname(each)))
    deployments = DEPLOYMENTS.format("shop")
    for name, version in (("blue", "1"), ("green", "2")):
        api.create(deployments, deployment(name, version, replicas=1))
    for name in ("blue", "green"):
        wait(api, deployments, name, lambda each: each["status"].get("availableReplicas") == 1)
    groups = {each["TargetGroupName"].split("-")[2]: each for each in elb.describe_target_groups()["TargetGroups"]}
    (arn,) = [each["LoadBalancerArn"] for each in load_balancers(site) if "-shop-" in each["LoadBalancerName"]]
    where = cloud.admin.load_balancers()
    ways = {"MAINSTAY_REHEARSAL_PROXY": where["proxy"], "MAINSTAY_REHEARSAL_CA": where["ca_bundle"]}
    return Shop(certificate, acl["ARN"], arn, groups, ways)


def test_a_load_balancer_has_what_the_annotations_say(site: Site, shop: Shop) -> None:
    elb = site.cloud.client("elbv2")
    listeners = {each["Port"]: each for each in elb.describe_listeners(LoadBalancerArn=shop.balancer)["Listeners"]}
    assert listeners[80]["DefaultActions"][0]["RedirectConfig"]["StatusCode"] == "HTTP_301"
    assert listeners[443]["Certificates"] == [{"CertificateArn": shop.certificate}]
    assert listeners[443]["SslPolicy"] == "ELBSecurityPolicy-TLS13-1-2-2021-06"
    first, default = elb.describe_rules(ListenerArn=listeners[443]["ListenerArn"])["Rules"]
    assert [each["Weight"] for each in first["Actions"][0]["ForwardConfig"]["TargetGroups"]] == [1, 1]
    assert first["Conditions"][0]["HostHeaderConfig"]["Values"] == ["shop.example.com"]
    assert (default["Priority"], default["Actions"][0]["FixedResponseConfig"]["StatusCode"]) == ("default", "404")
    green = shop.groups["green"]
    assert (green["HealthCheckPath"], green["Matcher"]["HttpCode"], green["TargetType"]) == ("/healthz", "200-204", "ip")
    described = elb.describe_target_group_attributes(TargetGroupArn=green["TargetGroupArn"])["Attributes"]
    assert {"Key": "deregistration_delay.timeout_seconds", "Value": "20"} in described
    attributes = elb.describe_load_balancer_attributes(LoadBalancerArn=shop.balancer)["Attributes"]
    assert {"Key": "idle_timeout.timeout_seconds", "Value": "30"} in attributes
    assert {"Key": "access_logs.s3.bucket", "Value": "logs"} in attributes
    (tags,) = elb.describe_tags(ResourceArns=[shop.balancer])["TagDescriptions"]
    assert {"Key": "team", "Value": "shop"} in tags["Tags"]
    assert site.cloud.client("wafv2").get_web_acl_for_resource(ResourceArn=shop.balancer)["WebACL"]["ARN"] == shop.web_acl


def test_a_pod_is_ready_once_its_target_is_healthy(site: Site, api: Api, shop: Shop) -> None:
    """Each pod has the gates of the target groups that it is in."""
    (pod,) = api.get("/api/v1/namespaces/shop/pods", labelSelector="app=green")["items"]
    green = shop.groups["green"]
    assert [each["conditionType"] for each in pod["spec"]["readinessGates"]] == [f"target-health.elbv2.k8s.aws/{green['TargetGroupName']}"]
    binding = api.get(f"/apis/elbv2.k8s.aws/v1beta1/namespaces/shop/targetgroupbindings/{green['TargetGroupName']}")
    assert binding["spec"]["targetGroupARN"] == green["TargetGroupArn"]
    (target,) = site.cloud.client("elbv2").describe_target_health(TargetGroupArn=green["TargetGroupArn"])["TargetHealthDescriptions"]
    assert (target["Target"], target["TargetHealth"]["State"]) == ({"Id": pod["status"]["podIP"], "Port": 8080}, "healthy")


def test_requests_follow_the_weights_and_are_counted(site: Site, api: Api, shop: Shop) -> None:
    assert {name: site.cloud.environment()[name] for name in shop.ways} == shop.ways
    assert shop.versions() == {"1", "2"}
    changed = {"alb.ingress.kubernetes.io/actions.split": forwarding(blue=0, green=1)}
    api.patch(f"{SHOP_INGRESSES}/shop", {"metadata": {"annotations": changed}})
    until(lambda: shop.versions() == {"2"})
    dimensions = [
        {"Name": "LoadBalancer", "Value": shop.balancer.partition(":loadbalancer/")[2]},
        {"Name": "TargetGroup", "Value": shop.groups["green"]["TargetGroupArn"].rpartition(":")[2]},
    ]
    until(lambda: statistic(site, "RequestCount", "Sum", dimensions) >= 4)
    assert statistic(site, "HTTPCode_Target_2XX_Count", "Sum", dimensions) >= 4
    assert statistic(site, "HealthyHostCount", "Maximum", dimensions) == 1
    assert 0 <= statistic(site, "TargetResponseTime", "p99", dimensions) < 1


def test_a_distribution_in_front_of_a_load_balancer(site: Site, api: Api, shop: Shop) -> None:
    """Only with the secret header; what the application answers arrives as it is, and the bucket keeps everybody else out."""
    header = {"httpHeaderName": "x-origin-verify", "values": ["s3cr3t"]}
    forbidden = {"type": "fixed-response", "fixedResponseConfig": {"contentType": "text/plain", "statusCode": "403"}}
    said = annotated(**{"conditions.split": json.dumps([{"field": "http-header", "httpHeaderConfig": header}])})
    said |= annotated(**{"actions.forbidden": json.dumps(forbidden)})
    default = {"service": {"name": "forbidden", "port": {"name": "use-annotation"}}}
    api.patch(f"{SHOP_INGRESSES}/shop", {"metadata": {"annotations": said}, "spec": {"defaultBackend": default}})
    for pod in api.get("/api/v1/namespaces/shop/pods")["items"]:
        paths = {"rehearsal.mainstay/http-paths": json.dumps({"/healthz": 200, "/api/orders": 200})}
        api.patch(f"/api/v1/namespaces/shop/pods/{pod['metadata']['name']}", {"metadata": {"annotations": paths}})
    host, bucket = distributed(site)
    viewer = Viewer(site.cloud)
    until(lambda: viewer.get("shop.example.com", "/api/orders")[0] == 403)
    until(lambda: viewer.get(host, "/api/orders")[0] == 200)
    status, headers, body = viewer.get(host, "/api/none")
    assert (status, headers["content-type"], json.loads(body)["status"]) == (404, "application/json", 404)
    assert (viewer.get(host, "/deep/link")[0], viewer.get(host, "/missing.js")[0]) == (200, 404)
    with pytest.raises(HTTPError) as caught:
        urlopen(f"{site.cloud.endpoint}/{bucket}/index.html")
    assert caught.value.code == 403
    api.patch(f"{SHOP_INGRESSES}/shop", {"metadata": {"annotations": dict.fromkeys(said, None)}, "spec": {"defaultBackend": None}})
    until(lambda: viewer.get("shop.example.com", "/healthz")[0] == 200)


def distributed(site: Site) -> tuple[str, str]:
    """The name of a distribution of a bucket and of the load balancer below /api, and the bucket's."""
    cloud = site.cloud
    s3, cloudfront = cloud.client("s3"), cloud.client("cloudfront")
    s3.create_bucket(Bucket="site", CreateBucketConfiguration={"LocationConstraint": REGION})
    s3.put_object(Bucket="site", Key="index.html", Body=b"<title>shop</title>", ContentType="text/html")
    control = cloudfront.create_origin_access_control(OriginAccessControlConfig=access_control())["OriginAccessControl"]["Id"]
    made = cloudfront.create_function(Name="spa", FunctionConfig={"Comment": "", "Runtime": "cloudfront-js-2.0"}, FunctionCode=CODE)
    cloudfront.publish_function(Name="spa", IfMatch=made["ETag"])
    function = {"FunctionARN": made["FunctionSummary"]["FunctionMetadata"]["FunctionARN"], "EventType": "viewer-request"}
    api = {**API, "DomainName": "shop.example.com", "CustomHeaders": listed({"HeaderName": "x-origin-verify", "HeaderValue": "s3cr3t"})}
    passed_on = {"OriginRequestPolicyId": "b689b0a8-53d0-40ab-baf2-68738e2966ac"}
    sent = config(
        Origins=listed({**BUCKET, "OriginAccessControlId": control}, api),
        DefaultCacheBehavior=behavior(FunctionAssociations=listed(function)),
        CacheBehaviors=listed(behavior("api", DISABLED, PathPattern="/api/*", AllowedMethods=listed(*ALL), **passed_on)),
    )
    found = cloudfront.create_distribution(DistributionConfig=sent)["Distribution"]
    s3.put_bucket_policy(Bucket="site", Policy=policy_for("site", found["ARN"], "s3:GetObject", "s3:ListBucket"))
    return str(found["DomainName"]), "site"


def test_a_mistake_in_an_annotation_is_an_event_and_changes_nothing(site: Site, api: Api, shop: Shop) -> None:
    broken = {"alb.ingress.kubernetes.io/actions.split": "{"}
    api.patch(f"{SHOP_INGRESSES}/shop", {"metadata": {"annotations": broken}})
    events = "/api/v1/namespaces/shop/events"
    until(lambda: any("failed to parse json" in each["message"] for each in api.get(events)["items"]), SECONDS)
    assert shop.versions()
    api.delete(f"{SHOP_INGRESSES}/shop")
    until(lambda: is_gone(api, f"{SHOP_INGRESSES}/shop"), SECONDS)
    assert site.cloud.admin.load_balancers()["load_balancers"] == []


def statistic(site: Site, name: str, stat: str, dimensions: list[dict[str, str]]) -> float:
    """The largest value of the last minutes; 0 without any."""
    metric = {"Namespace": "AWS/ApplicationELB", "MetricName": name, "Dimensions": dimensions}
    now = datetime.now(UTC)
    found = site.cloud.client("cloudwatch").get_metric_data(
        MetricDataQueries=[{"Id": "m", "MetricStat": {"Metric": metric, "Period": 600, "Stat": stat}}],
        StartTime=now - timedelta(seconds=300),
        EndTime=now + timedelta(seconds=60),
    )
    return float(max(found["MetricDataResults"][0]["Values"], default=0))


def test_a_load_balancer_that_cannot_be_built(site: Site, api: Api) -> None:
    metadata = {"name": "nowhere", "annotations": {"alb.ingress.kubernetes.io/subnets": "subnet-0123456789abcdef0"}}
    backend = {"defaultBackend": {"service": {"name": "tcp", "port": {"number": 80}}}, "ingressClassName": "alb"}
    api.create(INGRESSES, {"apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "metadata": metadata, "spec": backend})
    events = "/api/v1/namespaces/default/events"
    until(lambda: any(each["reason"] == "FailedBuildModel" for each in api.get(events)["items"]), SECONDS)
    api.delete(f"{INGRESSES}/nowhere")
    until(lambda: is_gone(api, f"{INGRESSES}/nowhere"), SECONDS)


def test_external_secrets_become_secrets(site: Site, api: Api) -> None:
    """With the definitions alone. An error is in the condition until the secret exists; a secret that was changed by hand is restored."""
    of = {"group": "external-secrets.io", "version": "v1"}
    define(api, **of, kind="ExternalSecret", plural="externalsecrets")
    define(api, **of, kind="ClusterSecretStore", plural="clustersecretstores", scope="Cluster")
    group = "/apis/external-secrets.io/v1"
    provider = {"provider": {"aws": {"service": "SecretsManager", "region": site.cloud.region}}}
    made = {"apiVersion": "external-secrets.io/v1", "kind": "ClusterSecretStore", "metadata": {"name": "aws"}, "spec": provider}
    until(lambda: is_created(api, f"{group}/clustersecretstores", made))
    wait(api, f"{group}/clustersecretstores", "aws", lambda each: is_true(each, "Ready"))
    data = [{"secretKey": "DATABASE_URL", "remoteRef": {"key": "prod/app", "property": "url"}}]
    spec = {"secretStoreRef": {"kind": "ClusterSecretStore", "name": "aws"}, "target": {"name": "database-env"}, "data": data}
    externals = f"{group}/namespaces/default/externalsecrets"
    api.create(
        externals, {"apiVersion": "external-secrets.io/v1", "kind": "ExternalSecret", "metadata": {"name": "database"}, "spec": spec}
    )
    failed = wait(api, externals, "database", lambda each: bool(each.get("status", {}).get("conditions")))["status"]["conditions"][0]
    assert (failed["status"], failed["reason"]) == ("False", "SecretSyncedError")
    assert failed["message"].endswith("error processing spec.data[0] (key: prod/app), err: Secret does not exist")

    site.cloud.client("secretsmanager").create_secret(Name="prod/app", SecretString='{"url": "postgresql://x"}')
    synced = wait(api, externals, "database", lambda each: is_true(each, "Ready"))
    assert synced["status"]["conditions"][0]["reason"] == "SecretSynced"
    secrets = "/api/v1/namespaces/default/secrets"
    assert base64.b64decode(api.get(f"{secrets}/database-env")["data"]["DATABASE_URL"]) == b"postgresql://x"
    api.patch(f"{secrets}/database-env", {"data": {"DATABASE_URL": "eA=="}})
    wait(api, secrets, "database-env", lambda each: base64.b64decode(each["data"]["DATABASE_URL"]) == b"postgresql://x")
    api.delete(f"{externals}/database")
    until(lambda: is_gone(api, f"{secrets}/database-env"), SECONDS)


def test_pods_start_once_their_secrets_are_mounted(site: Site, api: Api) -> None:
    """Each obstacle is said as a kubelet says it: no driver, no class, no secret, and no copy in a Secret, which is off by default."""
    pods = "/api/v1/namespaces/default/pods"
    attributes = {"secretProviderClass": "mounted"}
    volumes = [{"name": "secret", "csi": {"driver": "secrets-store.csi.k8s.io", "readOnly": True, "volumeAttributes": attributes}}]
    variable = {"name": "URL", "valueFrom": {"secretKeyRef": {"name": "mounted", "key": "URL"}}}
    needing = pod("mounting")
    needing["spec"] |= {"volumes": volumes, "containers": [{**needing["spec"]["containers"][0], "env": [variable]}]}
    api.create(pods, needing)

    def said(text: str) -> None:
        found = "/api/v1/namespaces/default/events"
        until(
            lambda: any(text in each["message"] for each in api.get(found, fieldSelector="involvedObject.name=mounting")["items"]), SECONDS
        )

    said("driver name secrets-store.csi.k8s.io not found in the list of registered CSI drivers")
    addon = {"clusterName": "main", "addonName": "aws-secrets-store-csi-driver-provider"}
    site.eks.create_addon(**addon)
    said('SecretProviderClass.secrets-store.csi.x-k8s.io "mounted" not found')
    entries = [{"objectName": "prod/mounted", "objectType": "secretsmanager", "jmesPath": [{"path": "url", "objectAlias": "URL"}]}]
    copied = [{"secretName": "mounted", "type": "Opaque", "data": [{"objectName": "URL", "key": "URL"}]}]
    spec = {"provider": "aws", "parameters": {"objects": json.dumps(entries)}, "secretObjects": copied}
    group = "/apis/secrets-store.csi.x-k8s.io/v1/namespaces/default"
    made = {"apiVersion": "secrets-store.csi.x-k8s.io/v1", "kind": "SecretProviderClass", "metadata": {"name": "mounted"}, "spec": spec}
    api.create(f"{group}/secretproviderclasses", made)
    said("Verify secret exists and required permissions are granted for: prod/mounted")
    site.cloud.client("secretsmanager").create_secret(Name="prod/mounted", SecretString='{"url": "postgresql://x"}')
    said('Error: secret "mounted" not found')
    assert not running(api.get(f"{pods}/mounting"))
    site.eks.update_addon(**addon, configurationValues=json.dumps({"secrets-store-csi-driver": {"syncSecret": {"enabled": True}}}))
    until(lambda: site.eks.describe_addon(**addon)["addon"]["status"] == "ACTIVE", SECONDS)
    started = wait(api, pods, "mounting", running)
    assert started["status"]["podIP"]
    assert base64.b64decode(api.get("/api/v1/namespaces/default/secrets/mounted")["data"]["URL"]) == b"postgresql://x"
    noted = api.get(f"{group}/secretproviderclasspodstatuses/mounting-default-mounted")["status"]
    assert (noted["mounted"], [one["id"] for one in noted["objects"]]) == (True, ["URL", "prod_mounted"])
    api.delete(f"{pods}/mounting")
    until(lambda: is_gone(api, "/api/v1/namespaces/default/secrets/mounted"), SECONDS)


def is_true(resource: dict[str, Any], condition: str) -> bool:
    found = resource.get("status", {}).get("conditions", [])
    return any((each["type"], each["status"]) == (condition, "True") for each in found)


def is_created(api: Api, path: str, manifest: dict[str, Any]) -> bool:
    """A new definition is served a moment after it is established."""
    try:
        api.create(path, manifest)
    except ApiError as error:
        if error.status != 404:
            raise
        return False
    return True
