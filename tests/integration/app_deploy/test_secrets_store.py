# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""An application whose secrets come by the Secrets Store CSI driver: planned, refused, deployed, verified, and removed."""

from __future__ import annotations

import base64
import json
from typing import Any

from tests.integration.eks_content.support import CLUSTER
from tests.rehearsal.conftest import until

from .support import Shop
from .test_life import changing_calls, succeeded

ADDON = {"clusterName": CLUSTER, "addonName": "aws-secrets-store-csi-driver-provider"}
COPIES = json.dumps({"secrets-store-csi-driver": {"syncSecret": {"enabled": True}}})
CANARY = "c4nary-in-a-secret"
GROUP = "/apis/secrets-store.csi.x-k8s.io/v1/namespaces/shop"


def settings(shop: Shop) -> dict[str, Any]:
    """The shop without a load balancer and a migration, with one secret as a file and one as variables."""
    service = shop.variables()["app_deploy_services"]["api"]
    return {
        "app_deploy_services": {"api": {**service, "secrets": [{"name": "token", "mount": "/mnt/token"}, "database"]}},
        "app_deploy_secrets": {
            "token": {"csi": {"key": "prod/shop/token"}},
            "database": {"csi": {"key": "prod/shop/database", "properties": {"DATABASE_URL": "url"}, "sync": True}},
        },
        "app_deploy_service_account": {"name": "api", "identity": "pod_identity"},
        "app_deploy_ingress": {},
        "app_deploy_migration": {},
        "app_deploy_configuration": {},
        "app_deploy_verification": {"wait_timeout": 60, "settle": 2, "poll_interval": 0.5, "grace": 3},
    }


def test_an_application_whose_secrets_are_mounted(shop: Shop) -> None:
    """Without the add-on, nothing is changed. Without a secret in AWS, the verdict names it. Then it is deployed, and nothing is left."""
    given = settings(shop)
    secrets = shop.cloud.client("secretsmanager")
    refused = shop.deploy("1.0.0", **given)
    assert refused.code != 0
    assert "the cluster does not serve SecretProviderClass" in " ".join(refused.output.split())
    assert changing_calls(refused) == 0

    eks = shop.cloud.client("eks")
    eks.create_addon(**ADDON, configurationValues=COPIES)
    until(lambda: eks.describe_addon(**ADDON)["addon"]["status"] == "ACTIVE", 60.0)
    secrets.create_secret(Name="prod/shop/token", SecretString=CANARY)
    planned = succeeded(shop.play("deploy", "--check", "--diff", app_deploy_version="1.0.0", **given))
    classes = {f"kubernetes_object.SecretProviderClass.secrets-store.csi.x-k8s.io/shop/{name}" for name in ("token", "database")}
    assert classes <= set(planned.actions)
    failed = shop.deploy("1.0.0", **given)
    assert failed.code != 0
    assert "Verify secret exists and required permissions are granted for: prod/shop/database" in " ".join(failed.output.split())

    secrets.create_secret(Name="prod/shop/database", SecretString=json.dumps({"url": CANARY}))
    first = succeeded(shop.deploy("1.0.0", **given))
    assert shop.image() == shop.digest("api", "1.0.0")
    copied = shop.api.get("/api/v1/namespaces/shop/secrets/database")["data"]
    assert base64.b64decode(copied["DATABASE_URL"]).decode() == CANARY
    mounted = shop.api.get(f"{GROUP}/secretproviderclasspodstatuses")["items"]
    pods = {
        one["metadata"]["name"] for one in shop.api.get("/api/v1/namespaces/shop/pods", labelSelector="app.kubernetes.io/name=api")["items"]
    }
    assert {one["status"]["secretProviderClassName"] for one in mounted if one["status"]["podName"] in pods} == {"token", "database"}
    again = succeeded(shop.deploy("1.0.0", **given))
    assert changing_calls(again) == 0
    assert CANARY not in "".join(json.dumps(run.report) + run.output for run in (planned, failed, first, again))
    assert CANARY not in shop.recorded()
    succeeded(shop.play("destroy", destroy="prod", **given))
    assert shop.deployments() == []
