# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""A rotation of a secret header, step by step, what the distribution sends meanwhile, and that nothing shows a value."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from rehearsal.testing import Cloud
from tests.integration.module_runs import ModuleRuns
from tests.integration.site import ACCOUNT

from .support import REGION

NAME = "/mainstay/prod/storage/origin-api"
SHOP = {"origins": {"api": {"domain_name": "origin.example.com", "origin_secret": "api"}}, "default": {"origin": "api"}}
OWNER = {"environment": "prod", "component": "storage", "region": REGION, "expected_account_id": ACCOUNT, "settle_seconds": 1.0}


def values(cloud: Cloud) -> dict[str, str]:
    """The value of each version that has a label, as a distribution or a load balancer would read it."""
    client = cloud.client("secretsmanager")
    versions = client.describe_secret(SecretId=NAME)["VersionIdsToStages"]
    labels = {label for stages in versions.values() for label in stages}
    return {label: json.loads(client.get_secret_value(SecretId=NAME, VersionStage=label)["SecretString"])["password"] for label in labels}


def sent(cloud: Cloud) -> str:
    """What the distribution sends to the origin."""
    (shop,) = cloud.client("cloudfront").list_distributions()["DistributionList"]["Items"]
    (header,) = shop["Origins"]["Items"][0]["CustomHeaders"]["Items"]
    assert header["HeaderName"] == "x-origin-verify"
    return str(header["HeaderValue"])


def test_a_rotation(cloud: Cloud, tmp_path: Path) -> None:
    runs = ModuleRuns(cloud, tmp_path)
    seen: set[str] = set()

    def apply(role: str = "apply", **settings: Any) -> dict[str, Any]:
        found = runs.run_module("s3_cdn", {**OWNER, "origin_secrets": {"api": settings}, "distributions": {"shop": SHOP}}, role)
        if role == "apply" and not found.get("failed"):
            seen.update(values(cloud).values())
        return found

    made = apply(rotation="1", in_use="1")
    assert made["outputs"]["origin_secrets"]["api"]["name"] == NAME
    first = values(cloud)
    assert list(first) == ["AWSCURRENT"]
    assert sent(cloud) == first["AWSCURRENT"]
    assert not apply(rotation="1", in_use="1")["changed"]

    refused = apply(rotation="2", in_use="2")
    assert "the load balancers do not admit the value of that rotation yet" in refused["msg"]
    assert apply(rotation="2", in_use="1")["changed"]
    both = values(cloud)
    assert both["AWSCURRENT"] == first["AWSCURRENT"] == sent(cloud) != both["AWSPENDING"]
    assert not apply(rotation="2", in_use="1")["changed"]

    promoted = apply(rotation="2", in_use="2")
    assert {one["address"]: one["action"] for one in promoted["plan"]["actions"]} == {
        "origin_secret.api": "update",
        "cloudfront_distribution.shop": "update",
    }
    assert sent(cloud) == both["AWSPENDING"]
    after = values(cloud)
    assert (after["AWSCURRENT"], after["AWSPREVIOUS"]) == (both["AWSPENDING"], both["AWSCURRENT"])
    assert not apply(rotation="2", in_use="2")["changed"]
    assert len(seen) == 2
    described = {"origin_secrets": {"api": {}}, "distributions": {"shop": SHOP}}
    gone = runs.run_module("s3_cdn", {**OWNER, **described, "state": "absent", "poll_interval": 0.05}, "apply")
    assert not gone.get("failed"), gone["msg"]
    assert "DeletedDate" in cloud.client("secretsmanager").describe_secret(SecretId=NAME)
    assert not [value for value in seen if value in runs.printed]
