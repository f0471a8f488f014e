# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""A single-page application and its API behind a distribution, opened in a real browser; the pictures are in artifacts/browser."""

from __future__ import annotations

import json
import zlib
from pathlib import Path
from typing import Any

import pytest

from rehearsal.browser.visit import BrowserError, Sight, Visit, visit
from rehearsal.testing import Cloud
from tests.conftest import ROOT
from tests.integration.module_runs import ModuleRuns
from tests.integration.site import ACCOUNT
from tests.rehearsal.conftest import until
from tests.rehearsal.eks_nodes import Site as Cluster
from tests.rehearsal.kubernetes.balanced import DEPLOYMENTS, deployment, ingress, service
from tests.rehearsal.kubernetes.conftest import kubernetes, wait
from tests.rehearsal.self_signed import self_signed
from tests.rehearsal.test_edge import Viewer

from .support import REGION, Site
from .test_distributions import ALIAS, BUCKETS, NAME, SECRET, described, distribution

pytestmark = pytest.mark.nightly

PICTURES = ROOT / "artifacts" / "browser"
ORIGIN = "origin.example.com"
TEAL = (0, 128, 128)
PAGE = """<!doctype html>
<html lang="en">
<head><title>loading</title><link rel="icon" href="/logo.svg"><link rel="stylesheet" href="/assets/main.0badc0de.css"></head>
<body><h1>Shop</h1><p id="where"></p><p id="orders"></p><img src="/logo.svg" alt="logo"></body>
<script type="module" src="/assets/main.3f2a91bc.js"></script>
</html>
"""
SCRIPT = """document.title = `Shop ${location.pathname}`;
document.getElementById("where").textContent = `You are at ${location.pathname}`;
const reply = await fetch("/api/orders");
const orders = await reply.json();
document.getElementById("orders").textContent = `Orders: ${reply.status} by version ${orders.version} at ${orders.path}`;
const missing = await fetch("/api/none");
document.getElementById("orders").textContent += `, and ${missing.status} for ${(await missing.json()).path}`;
await document.querySelector("img").decode();
document.body.dataset.state = "complete";
"""
READY = "document.body?.dataset.state === 'complete'"
FILES = {
    "index.html": PAGE,
    "assets/main.3f2a91bc.js": SCRIPT,
    "assets/main.0badc0de.css": "body { background: teal; margin: 40px; font: 24px sans-serif; color: white }",
    "logo.svg": '<svg xmlns="http://www.w3.org/2000/svg" width="80" height="80"><circle cx="40" cy="40" r="36" fill="gold"/></svg>',
}


@pytest.fixture(scope="module")
def shop(shared_cloud: Cloud, tmp_path_factory: pytest.TempPathFactory) -> Cloud:
    """The application, as one applies and publishes it; its API runs in a cluster and answers only what comes with the header."""
    shared_cloud.admin.reset()
    site = Site(shared_cloud)
    certificates = [shared_cloud.client("acm", region=region) for region in (REGION, "us-east-1")]
    *_, certificate = (one.import_certificate(**self_signed("example.com", "*.example.com"))["CertificateArn"] for one in certificates)
    serve_the_api(Cluster(shared_cloud, control_planes=True))
    site.apply(site.desired(BUCKETS, **described(certificate)))
    publish(shared_cloud, distribution(site)["Id"], tmp_path_factory.mktemp("content"))
    viewer = Viewer(shared_cloud)
    until(lambda: viewer.get(ALIAS, "/api/orders")[0] == 200, 60)
    assert viewer.get(ORIGIN, "/api/orders")[0] == 404, "the load balancer answers without the distribution's header"
    return shared_cloud


def serve_the_api(cluster: Cluster) -> None:
    """Behind a load balancer of the Ingress ``shop``."""
    cluster.create_group()
    api = kubernetes(cluster, "main")
    cluster.cloud.admin.settings(traffic_seconds={"registration": 0.2, "propagation": 0.3})
    of_class = {"apiVersion": "networking.k8s.io/v1", "kind": "IngressClass", "metadata": {"name": "alb"}}
    api.create("/apis/networking.k8s.io/v1/ingressclasses", {**of_class, "spec": {"controller": "ingress.k8s.aws/alb"}})
    controller = deployment("aws-load-balancer-controller", "1", replicas=1)
    labels = {"app.kubernetes.io/name": "aws-load-balancer-controller"}
    controller["spec"]["selector"]["matchLabels"] = controller["spec"]["template"]["metadata"]["labels"] = labels
    api.create(DEPLOYMENTS.format("kube-system"), controller)
    api.create("/api/v1/namespaces", {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop"}})
    wait(api, "/api/v1/namespaces/shop/serviceaccounts", "default", lambda _: True)
    header = {"field": "http-header", "httpHeaderConfig": {"httpHeaderName": "x-origin-verify", "values": [SECRET]}}
    to = {"type": "forward", "forwardConfig": {"targetGroups": [{"serviceName": "api", "servicePort": 80}]}}
    said = {"conditions.api": json.dumps([header]), "actions.api": json.dumps(to), "listen-ports": '[{"HTTPS": 443}]'}
    given = ingress("shop", "shop", ORIGIN, {"/": "use-annotation:api"}, **said)
    api.create("/api/v1/namespaces/shop/services", service("api", "shop"))
    api.create(DEPLOYMENTS.format("shop"), deployment("api", "1.4.2", replicas=1, http_paths=json.dumps({"/api/none": 404, "/": 200})))
    api.create("/apis/networking.k8s.io/v1/namespaces/shop/ingresses", {**of_class, "kind": "Ingress", **given})


def publish(cloud: Cloud, to: str, folder: Path) -> None:
    for name, content in FILES.items():
        path = folder / "dist" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    owner = {"environment": "prod", "component": "storage", "region": REGION, "expected_account_id": ACCOUNT}
    given = {**owner, "bucket": NAME, "directory": str(folder / "dist"), "distribution": to}
    found = ModuleRuns(cloud, folder).run_module("s3_content", given, "apply")
    assert not found.get("failed"), found


def opened(cloud: Cloud, path: str, picture: Path, **more: Any) -> Sight:
    at = cloud.environment()
    given = {"proxy": at["MAINSTAY_REHEARSAL_PROXY"], "authority": at["MAINSTAY_REHEARSAL_CA"], "ready": READY, **more}
    return visit(Visit(f"https://{ALIAS}{path}", picture, **given))


def corner(picture: Path) -> tuple[int, ...]:
    """The color of the first pixel. No filter of PNG changes that one."""
    data, content, at = picture.read_bytes(), b"", 8
    assert data.startswith(b"\x89PNG\r\n\x1a\n")
    while at < len(data):
        size, kind = int.from_bytes(data[at : at + 4]), data[at + 4 : at + 8]
        content += data[at + 8 : at + 8 + size] if kind == b"IDAT" else b""
        at += size + 12
    return tuple(zlib.decompress(content)[1:4])


@pytest.mark.parametrize(("path", "picture"), [("/", "shop.png"), ("/deep/link", "shop-deep-link.png")])
def test_the_application_runs_in_a_browser(shop: Cloud, path: str, picture: str) -> None:
    """The script and the style count only with the right types, under nosniff and a content security policy; the API comes by the edge."""
    seen = opened(shop, path, PICTURES / picture)
    assert (seen.url, seen.title) == (f"https://{ALIAS}{path}", f"Shop {path}")
    assert f"You are at {path}" in seen.text
    assert "Orders: 200 by version 1.4.2 at /api/orders, and 404 for /api/none" in seen.text
    assert {url.removeprefix(f"https://{ALIAS}"): status for url, status in seen.replies.items()} == {
        path: 200,
        **{f"/{name}": 200 for name in FILES if name != "index.html"},
        "/api/orders": 200,
        "/api/none": 404,
    }
    assert corner(PICTURES / picture) == TEAL
    assert all("/api/none" in line for line in seen.console), seen.console


def test_what_a_browser_refuses(shop: Cloud, tmp_path: Path) -> None:
    """A script of the wrong type or inside the page, and a certificate of an unknown authority: so the test above proves something."""
    inside = "<script>document.body.dataset.state = 'complete'</script></html>"
    page = PAGE.replace("main.3f2a91bc", "wrong").replace("</html>", inside)
    for key, content, of_type in (("wrong.html", page, "text/html"), ("assets/wrong.js", SCRIPT, "text/plain")):
        shop.client("s3").put_object(Bucket=NAME, Key=key, Body=content.encode(), ContentType=of_type)
    with pytest.raises(BrowserError) as caught:
        opened(shop, "/wrong.html", tmp_path / "wrong.png", seconds=5)
    assert "not ready within 5 s" in str(caught.value)
    assert "MIME type" in str(caught.value)
    assert "Content Security Policy" in str(caught.value)
    with pytest.raises(BrowserError, match=f"{ALIAS}/ cannot be reached.*\n(.*\n)*.*console: {ALIAS}: "):
        opened(shop, "/", tmp_path / "unknown.png", authority="")
