# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The Ingress: TLS, the load balancer's attributes, health checks, and everything that would make a rollout lose requests."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ansible_collections.mainstay.aws.plugins.module_utils.application.objects.ingress import weighted
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.model import UNKNOWN

from .made import CERTIFICATE, CIDRS, annotations, answer, environment, merged, objects, problems, with_ingress, with_service


def pairs(text: str) -> dict[str, str]:
    return dict(one.split("=", 1) for one in text.split(","))


def test_an_ingress_is_internal_encrypted_and_without_lost_requests() -> None:
    found = objects(with_ingress())
    assert found["Ingress/shop"]["spec"] == {
        "ingressClassName": "alb",
        "rules": [
            {
                "host": "shop.example.com",
                "http": {
                    "paths": [
                        {"path": "/", "pathType": "Prefix", "backend": {"service": {"name": "api", "port": {"name": "http"}}}},
                    ]
                },
            }
        ],
    }
    given = annotations(found)
    assert pairs(given.pop("load-balancer-attributes")) == {
        "idle_timeout.timeout_seconds": "60",
        "routing.http.drop_invalid_header_fields.enabled": "true",
        "deletion_protection.enabled": "false",
        "access_logs.s3.enabled": "false",
    }
    assert json.loads(given.pop("listen-ports")) == [{"HTTP": 80}, {"HTTPS": 443}]
    assert given == {
        "scheme": "internal",
        "target-type": "ip",
        "target-group-attributes": "deregistration_delay.timeout_seconds=15",
        "ssl-redirect": "443",
        "certificate-arn": CERTIFICATE,
        "ssl-policy": "ELBSecurityPolicy-TLS13-1-2-2021-06",
        "healthcheck-interval-seconds": "10",
        "healthcheck-timeout-seconds": "5",
        "healthy-threshold-count": "2",
        "unhealthy-threshold-count": "2",
        "success-codes": "200",
    }
    assert annotations(found, "Service/api") == {"healthcheck-path": "/healthz"}
    assert found["Namespace/shop"]["metadata"]["labels"]["elbv2.k8s.aws/pod-readiness-gate-inject"] == "enabled"


def test_everything_that_can_be_set() -> None:
    settings = with_ingress(
        {"protocol": "http2"},
        hosts={"shop.example.com": None, "*.example.com": {"/v1": "api"}, "*": "api"},
        scheme="internet-facing",
        certificate=[CERTIFICATE, UNKNOWN],
        tls_policy="ELBSecurityPolicy-TLS13-1-3-2021-06",
        idle_timeout=120,
        deregistration_delay=30,
        security_groups=["sg-0123456789abcdef0"],
        subnet_ids=["subnet-0123456789abcdef0", "subnet-0123456789abcdef1"],
        access_logs={"bucket": "prod-logs", "prefix": "shop"},
        web_acl="arn:aws:wafv2:af-south-1:123456789012:regional/webacl/shop/1",
        deletion_protection=True,
        drop_invalid_headers=False,
        health={"path": "/up", "interval": 20, "timeout": 10, "healthy": 3, "unhealthy": 4, "codes": "200-299"},
        group="shared",
        group_order=10,
        stickiness=3600,
        name="prod-shop",
        ip_address_type="dualstack",
        tags={"team": "shop"},
        attributes={"routing.http2.enabled": True, "client_keep_alive.seconds": 1800},
        target_attributes={"slow_start.duration_seconds": 60},
        annotations={"alb.ingress.kubernetes.io/shield-advanced-protection": "true"},
    )
    found = objects(settings)
    given = annotations(found)
    assert pairs(given.pop("load-balancer-attributes")) == {
        "idle_timeout.timeout_seconds": "120",
        "routing.http.drop_invalid_header_fields.enabled": "false",
        "deletion_protection.enabled": "true",
        "access_logs.s3.enabled": "true",
        "access_logs.s3.bucket": "prod-logs",
        "access_logs.s3.prefix": "shop",
        "routing.http2.enabled": "true",
        "client_keep_alive.seconds": "1800",
    }
    assert pairs(given.pop("target-group-attributes")) == {
        "deregistration_delay.timeout_seconds": "30",
        "stickiness.enabled": "true",
        "stickiness.type": "lb_cookie",
        "stickiness.lb_cookie.duration_seconds": "3600",
        "slow_start.duration_seconds": "60",
    }
    expected = {
        "scheme": "internet-facing",
        "certificate-arn": f"{CERTIFICATE},{UNKNOWN}",
        "ssl-policy": "ELBSecurityPolicy-TLS13-1-3-2021-06",
        "security-groups": "sg-0123456789abcdef0",
        "manage-backend-security-group-rules": "true",
        "subnets": "subnet-0123456789abcdef0,subnet-0123456789abcdef1",
        "wafv2-acl-arn": "arn:aws:wafv2:af-south-1:123456789012:regional/webacl/shop/1",
        "healthcheck-interval-seconds": "20",
        "healthcheck-timeout-seconds": "10",
        "healthy-threshold-count": "3",
        "unhealthy-threshold-count": "4",
        "success-codes": "200-299",
        "group.name": "shared",
        "group.order": "10",
        "load-balancer-name": "prod-shop",
        "ip-address-type": "dualstack",
        "tags": "team=shop",
        "shield-advanced-protection": "true",
    }
    assert {name: value for name, value in given.items() if name in expected} == expected
    assert annotations(found, "Service/api") == {"healthcheck-path": "/up", "backend-protocol-version": "HTTP2"}
    rules = found["Ingress/shop"]["spec"]["rules"]
    assert [one.get("host") for one in rules] == ["*.example.com", None]
    assert rules[1]["http"]["paths"][0]["path"] == "/"


def test_plain_http_stays_inside() -> None:
    given = annotations(objects(with_ingress(certificate=None, plain_http=True)))
    assert json.loads(given["listen-ports"]) == [{"HTTP": 80}]
    assert not {"certificate-arn", "ssl-policy", "ssl-redirect"} & set(given)
    assert annotations(objects(with_ingress(inbound_cidrs=["10.0.0.0/8"])))["inbound-cidrs"] == "10.0.0.0/8"


def test_a_grpc_service_is_checked_as_one() -> None:
    settings = with_ingress(
        {"protocol": "grpc", "probe": None, "probes": {"readiness": {"grpc": True}}}, health={"path": "/grpc.health.v1.Health/Check"}
    )
    assert annotations(objects(settings), "Service/api") == {
        "healthcheck-path": "/grpc.health.v1.Health/Check",
        "backend-protocol-version": "GRPC",
        "success-codes": "0",
    }
    without = with_ingress({"protocol": "grpc", "probe": None})
    given = annotations(objects(without), "Service/api")
    assert (given["healthcheck-path"], given["success-codes"]) == ("/AWS.ALB/healthcheck", "0,12")


def test_each_service_keeps_its_own_health_check() -> None:
    settings = merged(
        with_ingress(hosts={"shop.example.com": {"/": "web", "/api": "api"}}),
        {"services": {"web": {"image": "web:1", "port": 3000, "probe": "/up"}}},
    )
    found = objects(settings)
    assert [annotations(found, f"Service/{name}")["healthcheck-path"] for name in ("api", "web")] == ["/healthz", "/up"]
    ports = found["NetworkPolicy/shop-allow-from-load-balancer"]["spec"]["ingress"][0]["ports"]
    assert [one["port"] for one in ports] == [3000, 8080]


KEEP_ALIVE: list[Any] = [
    ({}, {}, "75", 1),
    ({"keep_alive": 65}, {}, "65", 0),
    ({}, {"idle_timeout": 300}, "315", 1),
    ({"keep_alive": 400}, {"idle_timeout": 300}, "400", 0),
]


@pytest.mark.parametrize(("service", "ingress", "seconds", "notes"), KEEP_ALIVE)
def test_a_server_is_told_to_keep_connections_longer_than_the_load_balancer(
    service: dict[str, Any], ingress: dict[str, Any], seconds: str, notes: int
) -> None:
    settings = with_ingress(service, **ingress)
    assert environment(objects(settings))["KEEP_ALIVE_SECONDS"] == seconds
    assert len(answer(settings)["notes"]) == notes


def test_the_note_says_what_the_server_has_to_do() -> None:
    assert answer(with_ingress())["notes"] == [
        "The server of api must keep idle connections longer than the load balancer, which keeps them for 60 s; it gets "
        "KEEP_ALIVE_SECONDS=75. If it closes them first, users see 502 now and then. Confirm it with services.api.keep_alive."
    ]


def test_weights_are_a_forward_action_with_stickiness_of_the_rule() -> None:
    given, backend = weighted("api", {"api-blue": 90, "api-green": 10}, 600)
    assert backend == {"service": {"name": "api", "port": {"name": "use-annotation"}}}
    assert json.loads(given["alb.ingress.kubernetes.io/actions.api"]) == {
        "type": "forward",
        "forwardConfig": {
            "targetGroups": [
                {"serviceName": "api-blue", "servicePort": "http", "weight": 90},
                {"serviceName": "api-green", "servicePort": "http", "weight": 10},
            ],
            "targetGroupStickinessConfig": {"enabled": True, "durationSeconds": 600},
        },
    }
    assert "targetGroupStickinessConfig" not in weighted("api", {"api-blue": 100})[0]["alb.ingress.kubernetes.io/actions.api"]


ARN = "it must be the ARN of a certificate, such as arn:aws:acm:af-south-1:123456789012:certificate/..."
HOST = 'it must be a host name in lower case, such as shop.example.com or *.example.com, or "*" for every host'
REFUSED: list[Any] = [
    (
        "no probe path",
        with_ingress({"probe": None}),
        [
            "services.api.probe is missing: it is behind the ingress, and without a path such as /healthz pods would get requests "
            "before they "
            "can answer them"
        ],
    ),
    (
        "a readiness probe without path",
        with_ingress({"probe": None, "probes": {"readiness": {"tcp": True}}}),
        [
            "services.api is behind the ingress, but the readiness probe requests no path, so give the path for the load balancer's health "
            "check in ingress.health.path"
        ],
    ),
    (
        "a server that closes connections too early",
        with_ingress({"keep_alive": 60}),
        [
            "services.api.keep_alive is 60, but it must be more than ingress.idle_timeout, 60 s: a server that closes idle "
            "connections before "
            "the load balancer does is the cause of occasional 502; let the server keep them for 75 s"
        ],
    ),
    (
        "a pod that ends too early",
        with_ingress({"pre_stop": 5}),
        [
            "services.api.pre_stop is 5, but it must be at least 25: ingress.deregistration_delay, 15 s, and 10 s until the load "
            "balancer knows; otherwise it still sends requests to pods that have ended, and users see 502"
        ],
    ),
    (
        "no certificate",
        with_ingress(certificate=None),
        [
            "ingress.certificate is missing: give the ARN of a certificate of ACM; an internal load balancer may do without it if "
            "plain_http is true"
        ],
    ),
    (
        "plain HTTP on the internet",
        with_ingress(certificate=None, plain_http=True, scheme="internet-facing"),
        ["ingress.plain_http is True, but an internet-facing load balancer must encrypt; give it a certificate"],
    ),
    ("a certificate by name", with_ingress(certificate="shop"), [f"ingress.certificate is 'shop', but {ARN}"]),
    (
        "an old TLS policy",
        with_ingress(tls_policy="ELBSecurityPolicy-2016-08"),
        [
            "ingress.tls_policy is 'ELBSecurityPolicy-2016-08', but it must be a policy that accepts nothing older than TLS 1.2, such as "
            "ELBSecurityPolicy-TLS13-1-2-2021-06"
        ],
    ),
    (
        "a TLS 1.3 policy that accepts TLS 1.0",
        with_ingress(tls_policy="ELBSecurityPolicy-TLS13-1-0-2021-06"),
        [
            "ingress.tls_policy is 'ELBSecurityPolicy-TLS13-1-0-2021-06', but it must be a policy that accepts nothing older than TLS 1.2, "
            "such as ELBSecurityPolicy-TLS13-1-2-2021-06"
        ],
    ),
    (
        "no hosts",
        with_ingress(hosts=None),
        ["ingress.hosts is missing: give at least one host with its paths, such as {shop.example.com: {/: web}}"],
    ),
    (
        "a host in capitals",
        with_ingress(hosts={"Shop.example.com": "api", "shop.example.com": None}),
        [f"ingress.hosts is 'Shop.example.com', but {HOST}"],
    ),
    (
        "a host with a port",
        with_ingress(hosts={"shop.example.com:443": "api", "shop.example.com": None}),
        [f"ingress.hosts is 'shop.example.com:443', but {HOST}"],
    ),
    (
        "a path without slash",
        with_ingress(hosts={"shop.example.com": {"api": "api"}}),
        ["ingress.hosts.shop.example.com is 'api', but it must be a path that begins with /, such as /healthz"],
    ),
    (
        "a service that does not exist",
        with_ingress(hosts={"shop.example.com": {"/x": "apo"}}),
        ["ingress.hosts.shop.example.com./x is 'apo', but it must be one of services; did you mean api?"],
    ),
    ("a scheme", with_ingress(scheme="public"), ["ingress.scheme is 'public', but it must be one of internal, internet-facing"]),
    (
        "a web ACL for CloudFront",
        with_ingress(web_acl="arn:aws:wafv2:us-east-1:123456789012:global/webacl/shop/1"),
        [
            "ingress.web_acl is 'arn:aws:wafv2:us-east-1:123456789012:global/webacl/shop/1', but a global web ACL is for "
            "CloudFront; a load "
            "balancer needs a regional one"
        ],
    ),
    (
        "groups and blocks",
        with_ingress(security_groups=["sg-0123456789abcdef0"], inbound_cidrs=["10.0.0.0/8"]),
        ["ingress.inbound_cidrs has no effect with security_groups, which then decide who reaches the load balancer; keep one"],
    ),
    (
        "a block with host bits",
        with_ingress(inbound_cidrs=["10.0.0.1/8"]),
        ["ingress.inbound_cidrs[0] is '10.0.0.1/8', but it has host bits set; the block would be 10.0.0.0/8"],
    ),
    (
        "one subnet",
        with_ingress(subnet_ids=["subnet-0123456789abcdef0"]),
        ["ingress.subnet_ids is ['subnet-0123456789abcdef0'], but a load balancer needs at least two, in different zones"],
    ),
    (
        "an order without group",
        with_ingress(group_order=5),
        ["ingress.group_order is 5, but it orders the members of a group, and there is no group; remove it"],
    ),
    (
        "a group with capitals",
        with_ingress(group="Shop"),
        ["ingress.group is 'Shop', but it must be at most 63 lower-case letters, digits, '-' and '.'"],
    ),
    (
        "a name that is too long",
        with_ingress(name="x" * 33),
        [f"ingress.name is '{'x' * 33}', but it must be at most 32 letters, digits and '-', and must not begin with internal-"],
    ),
    (
        "a timeout that is no timeout",
        with_ingress(idle_timeout=5000),
        ["ingress.idle_timeout is 5000, but it must be a whole number from 1 to 4000"],
    ),
    (
        "a health check slower than its interval",
        with_ingress(health={"interval": 5, "timeout": 5}),
        ["ingress.health.timeout is 5, but it must be less than interval, which is 5"],
    ),
    (
        "codes",
        with_ingress(health={"codes": "2xx"}),
        ["ingress.health.codes is '2xx', but it must be status codes such as 200 or 200-299,301"],
    ),
    (
        "logs without bucket",
        with_ingress(access_logs={"prefix": "x"}),
        ["ingress.access_logs.bucket is missing: give the name of the bucket that receives the logs"],
    ),
    (
        "a prefix that S3 refuses",
        with_ingress(access_logs={"bucket": "logs", "prefix": "/x"}),
        ["ingress.access_logs.prefix is '/x', but it must not begin or end with '/', nor contain AWSLogs, ',' or '='"],
    ),
    (
        "an attribute that is a setting",
        with_ingress(attributes={"idle_timeout.timeout_seconds": 30}),
        ["ingress.attributes.idle_timeout.timeout_seconds is 30, but it has a setting of its own, ingress.idle_timeout; use that"],
    ),
    (
        "an annotation that is a setting",
        with_ingress(annotations={"alb.ingress.kubernetes.io/scheme": "internal"}),
        ["ingress.annotations.alb.ingress.kubernetes.io/scheme is 'internal', but it has a setting of its own, ingress.scheme; use that"],
    ),
    (
        "a tag that the controller would split",
        with_ingress(tags={"team": "a=b"}),
        ["ingress.tags.team is 'a=b', but the load balancer controller separates tags by ',' and '='; avoid both"],
    ),
    ("an unknown setting", with_ingress(certficate="x"), ["ingress.certficate is not a setting; did you mean certificate?"]),
    (
        "no blocks of the load balancer",
        {**with_ingress(), "network": None},
        [
            "network.load_balancer_cidrs is missing: give the blocks of the load balancer's subnets, such as [10.0.128.0/23]: "
            "network policies "
            "do not know load balancers, and without the blocks no request reaches the pods"
        ],
    ),
    (
        "an ingress without services",
        {
            "workers": {"mail": {"image": "api:1"}},
            "ingress": {"hosts": {"a.example.com": {"/": "api"}}, "certificate": CERTIFICATE},
            "network": CIDRS,
        },
        ["ingress.hosts.a.example.com./ is 'api', but it must be one of services; services is empty"],
    ),
]


@pytest.mark.parametrize(("settings", "expected"), [one[1:] for one in REFUSED], ids=[one[0] for one in REFUSED])
def test_what_is_refused(settings: dict[str, Any], expected: list[str]) -> None:
    assert problems(settings) == expected


def test_an_open_namespace_needs_no_blocks() -> None:
    found = objects({**with_ingress(), "network": {"isolated": False}})
    assert not [name for name in found if name.startswith("NetworkPolicy")]


def test_a_service_that_is_not_behind_the_ingress_needs_no_probe() -> None:
    settings = merged(with_ingress(), {"services": {"inside": {"image": "web:1", "port": 3000}}})
    assert "metadata" in objects(settings)["Service/inside"]
    assert with_service()["services"]["api"]["port"] == 8080


def test_a_secret_header_is_named_and_everything_else_refused() -> None:
    found = objects(with_ingress(origin_secret={"secret": "/mainstay/prod/edge/origin"}))
    ingress = found["Ingress/shop"]
    said = ingress["metadata"]["annotations"]
    assert said["mainstay.aws/origin-secret"] == '{"header":"x-origin-verify","secret":"/mainstay/prod/edge/origin"}'
    assert ingress["spec"]["defaultBackend"]["service"] == {"name": "mainstay-refused", "port": {"name": "use-annotation"}}
    assert '"statusCode":"403"' in said["alb.ingress.kubernetes.io/actions.mainstay-refused"]
    assert not [name for name in said if "conditions." in name], "the values never reach the manifest"
