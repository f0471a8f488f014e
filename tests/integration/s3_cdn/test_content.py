# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""s3_content on the rehearsal: what boto3 then finds in the bucket, and which calls it took."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from rehearsal.testing import Cloud
from tests.integration.module_runs import ModuleRuns
from tests.integration.s3_cdn.support import REGION
from tests.integration.site import ACCOUNT

BUCKET = "prod-web"
ORIGIN = {"Id": "s3", "DomainName": f"{BUCKET}.s3.{REGION}.amazonaws.com", "S3OriginConfig": {"OriginAccessIdentity": ""}}
DISTRIBUTION = {
    "CallerReference": "web",
    "Comment": "",
    "Enabled": True,
    "Origins": {"Quantity": 1, "Items": [ORIGIN]},
    "DefaultCacheBehavior": {
        "TargetOriginId": "s3",
        "ViewerProtocolPolicy": "redirect-to-https",
        "CachePolicyId": "658327ea-f89d-4fab-a63d-7e88639e58f6",
    },
}
LONG = "public, max-age=31536000, immutable"


class Web:
    """A bucket, its distribution, and the directory that is uploaded."""

    def __init__(self, cloud: Cloud, folder: Path) -> None:
        self.cloud, self.site, self.runs = cloud, folder / "dist", ModuleRuns(cloud, folder)
        self.s3 = cloud.client("s3")
        self.s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
        made = cloud.client("cloudfront").create_distribution(DistributionConfig=DISTRIBUTION)
        self.distribution = str(made["Distribution"]["Id"])
        self.write({"index.html": "<script src=assets/main.3f2a91bc.js>", "assets/main.3f2a91bc.js": "one", "logo.svg": "<svg/>"})

    def write(self, files: dict[str, str]) -> None:
        for name, content in files.items():
            path = self.site / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content)

    def call(self, role: str = "apply", **options: Any) -> dict[str, Any]:
        given = {
            "environment": "prod",
            "component": "edge",
            "region": REGION,
            "expected_account_id": ACCOUNT,
            "bucket": BUCKET,
            "directory": str(self.site),
            "distribution": self.distribution,
            **options,
        }
        return self.runs.run_module("s3_content", given, role)

    def done(self, **options: Any) -> dict[str, Any]:
        found = self.call(**options)
        assert not found.get("failed"), found
        return found

    def keys(self) -> set[str]:
        return {one["Key"] for one in self.s3.list_objects_v2(Bucket=BUCKET).get("Contents", [])}

    def requests(self) -> list[str]:
        """The calls since the last question."""
        found = [f"{one['service']}:{one['operation']}" for one in self.cloud.admin.requests()]
        self.cloud.admin.clear_requests()
        return found


@pytest.fixture
def web(cloud: Cloud, tmp_path: Path) -> Web:
    return Web(cloud, tmp_path)


def uploaded(found: dict[str, Any]) -> list[str]:
    return [one["name"] for one in found["uploads"]]


def test_releases_of_a_site(web: Web) -> None:
    planned = web.call("plan")
    assert web.keys() == set()
    first = web.done()
    assert uploaded(planned) == uploaded(first) == ["assets/main.3f2a91bc.js", "logo.svg", "index.html"]
    assert planned["diff"] == first["diff"]
    head = web.s3.head_object(Bucket=BUCKET, Key="assets/main.3f2a91bc.js")
    assert (head["ContentType"], head["CacheControl"]) == ("text/javascript; charset=utf-8", LONG)

    web.requests()
    again = web.done(version="another commit")
    assert (again["changed"], again["unchanged"]) == (False, 3)
    assert sorted(web.requests()) == ["s3:GetObject", "s3:ListObjectsV2", "sts:GetCallerIdentity"]

    (web.site / "assets/main.3f2a91bc.js").unlink()
    web.write({"index.html": "<script src=assets/main.0badc0de.js>", "assets/main.0badc0de.js": "two"})
    second = web.done(keep_days=0, keep_releases=2)
    assert uploaded(second) == ["assets/main.0badc0de.js", "index.html"]
    assert second["invalidated"] == ["/index.html", "/"]
    assert (second["retired"], second["deletes"]) == (["assets/main.3f2a91bc.js"], []), "a page that is open still loads it"
    made = web.cloud.client("cloudfront").get_invalidation(DistributionId=web.distribution, Id=second["invalidation"])
    assert made["Invalidation"]["InvalidationBatch"]["Paths"]["Items"] == ["/index.html", "/"]

    web.write({"logo.svg": "<svg> </svg>"})
    assert web.done(keep_days=0, keep_releases=2)["deletes"] == ["assets/main.3f2a91bc.js"]
    assert web.keys() == {"index.html", "logo.svg", "assets/main.0badc0de.js", ".mainstay/content.json"}
    assert not web.done(keep_days=0, keep_releases=2)["changed"]


def test_headers_keys_and_what_others_changed(web: Web) -> None:
    key = web.cloud.client("kms").create_key()["KeyMetadata"]["Arn"]
    web.done(kms_key_id=key)
    assert web.s3.head_object(Bucket=BUCKET, Key="logo.svg")["SSEKMSKeyId"] == key
    assert not web.done(kms_key_id=key)["changed"]
    found = web.done(kms_key_id=key, cache_control={"*.svg": "no-store"})
    assert [(one["name"], one["why"]) for one in found["uploads"]] == [("logo.svg", "cache_control public, max-age=3600 -> no-store")]
    assert web.s3.head_object(Bucket=BUCKET, Key="logo.svg")["CacheControl"] == "no-store"
    web.s3.put_object(Bucket=BUCKET, Key="logo.svg", Body=b"vandal")
    web.s3.delete_object(Bucket=BUCKET, Key="index.html")
    web.s3.put_object(Bucket=BUCKET, Key="theirs.txt", Body=b"x")
    mended = web.done(kms_key_id=key, cache_control={"*.svg": "no-store"})
    assert (uploaded(mended), mended["foreign"]) == (["logo.svg", "index.html"], 1)
    assert web.s3.get_object(Bucket=BUCKET, Key="logo.svg")["Body"].read() == b"<svg/>"


def test_two_sites_share_a_bucket(web: Web) -> None:
    web.done()
    other = web.done(prefix="docs", keep_days=0, keep_releases=1)
    assert (other["foreign"], len(other["uploads"])) == (0, 3)
    assert web.done()["foreign"] == 4
    web.write({"index.html": "changed"})
    assert web.done(prefix="docs")["invalidated"] == ["/docs/index.html", "/docs/"]


def test_an_upload_that_fails_is_continued(web: Web) -> None:
    """The index stays as it was until everything that it refers to is there."""
    web.done()
    web.write({"index.html": "new", "assets/a.js": "a", "assets/b.js": "b"})
    web.cloud.admin.fault("s3", "PutObject", fault="error", nth=2, code="AccessDenied", status=403)
    failed = web.call()
    assert failed["failed"]
    assert "Run again to upload the rest" in failed["msg"]
    assert web.s3.get_object(Bucket=BUCKET, Key="index.html")["Body"].read() != b"new"
    assert len(uploaded(web.done())) == 2
    assert not web.done()["changed"]


def test_lost_replies_are_no_conflict(web: Web) -> None:
    """The reply to the last write of the record is lost: S3 refuses the second attempt, and has what it was to write."""
    web.cloud.admin.fault("s3", "PutObject", fault="reset_after", nth=5)
    assert uploaded(web.done()) == ["assets/main.3f2a91bc.js", "logo.svg", "index.html"]
    assert [one["fired"] for one in web.cloud.admin.faults()] == [1]
    assert not web.done()["changed"]


def test_an_invalidation_that_fails_is_made_by_the_next_run(web: Web) -> None:
    web.done()
    web.write({"index.html": "new"})
    assert "No distribution of this account has the id" in web.call(distribution="E0000000000000")["msg"]
    assert web.done()["invalidated"] == ["/index.html", "/"]


def test_what_is_refused(web: Web) -> None:
    assert web.call("plan", bucket="not-made-yet")["changed"], "a plan that also creates the bucket"
    assert "NoSuchBucket" in str(web.call(bucket="not-made-yet")["errors"])
    web.s3.put_object(Bucket=BUCKET, Key=".mainstay/content.json", Body=json.dumps({"format": 9}))
    assert "Delete that object if nothing else needs it" in web.call()["msg"]
