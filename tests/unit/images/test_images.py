# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""References to images, the platforms of manifests, and nodes on which an image cannot run."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ansible_collections.mainstay.aws.plugins.module_utils.images.configs import downloaded, platform_in
from ansible_collections.mainstay.aws.plugins.module_utils.images.platforms import config_digest, platforms_of_index, unrunnable
from ansible_collections.mainstay.aws.plugins.module_utils.images.protecting import protecting_tag
from ansible_collections.mainstay.aws.plugins.module_utils.images.references import (
    BadReference,
    Repository,
    complete,
    parse,
    read_references,
)
from ansible_collections.mainstay.aws.plugins.module_utils.images.resolving import missing

DIGEST = f"sha256:{'ab' * 32}"
OTHER = f"sha256:{'cd' * 32}"
HOST = "123456789012.dkr.ecr.af-south-1.amazonaws.com"


@pytest.mark.parametrize(
    ("text", "registry", "name", "tag", "digest"),
    [
        (f"{HOST}/shop/api:1.4.2", HOST, "shop/api", "1.4.2", ""),
        (f"{HOST}/api@{DIGEST}", HOST, "api", "", DIGEST),
        (f"{HOST}/api:v1@{DIGEST}", HOST, "api", "v1", DIGEST),
        ("nginx:1.27", "", "nginx", "1.27", ""),
        ("bitnami/redis:7", "", "bitnami/redis", "7", ""),
        ("registry.example/org/app:main", "registry.example", "org/app", "main", ""),
        ("localhost:5000/app:1", "localhost:5000", "app", "1", ""),
        ("localhost/app:1", "localhost", "app", "1", ""),
        ("public.ecr.aws/eks/coredns:v1.11", "public.ecr.aws", "eks/coredns", "v1.11", ""),
        ("registry.example:5000/a/b__c--d.e:_x", "registry.example:5000", "a/b__c--d.e", "_x", ""),
    ],
)
def test_references(text: str, registry: str, name: str, tag: str, digest: str) -> None:
    found = parse(text)
    assert (found.registry, found.name, found.tag, found.digest) == (registry, name, tag, digest)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (f"{HOST}/shop/api", "neither a tag nor a digest"),
        ("nginx", "neither a tag nor a digest"),
        ("localhost:5000/app", "neither a tag nor a digest"),
        (f"{HOST}/api:", "the tag ''"),
        (f"{HOST}/api:-x", "the tag '-x'"),
        (f"{HOST}/api:{'x' * 129}", "the tag 'xxx"),
        (f"{HOST}/api@sha256:abc", "the digest 'sha256:abc'"),
        (f"{HOST}/api@{DIGEST.upper()}", "the digest 'SHA256"),
        (f"{HOST}/Api:1", "lower case"),
        (f"{HOST}/a//b:1", "the repository 'a//b'"),
        (f"https://{HOST}/api:1", "begins with a scheme"),
        (f" {HOST}/api:1", "is not a reference"),
        ("", "is not a reference"),
        (None, "None is not a reference"),
        (1.5, "1.5 is not a reference"),
        ("${IMAGE}", "the repository"),
    ],
)
def test_text_that_is_no_reference(text: Any, why: str) -> None:
    with pytest.raises(BadReference) as caught:
        parse(text)
    assert why in str(caught.value)
    assert "expected" in str(caught.value)


@pytest.mark.parametrize(
    ("host", "region"),
    [
        (HOST, "af-south-1"),
        ("123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn", "cn-north-1"),
        ("123456789012.dkr.ecr-fips.us-gov-west-1.amazonaws.com", "us-gov-west-1"),
        ("123456789012.dkr-ecr.eu-west-1.on.aws", "eu-west-1"),
        ("123456789012.dkr-ecr-fips.us-east-1.on.aws", "us-east-1"),
        ("123456789012.dkr.ecr.eusc-de-east-1.amazonaws.eu", "eusc-de-east-1"),
        ("public.ecr.aws", ""),
        ("12345.dkr.ecr.eu-west-1.amazonaws.com", ""),
        ("123456789012.dkr.ecr.eu-west-1.amazonaws.com.example.org", ""),
        ("registry.example", ""),
    ],
)
def test_registries_in_ecr(host: str, region: str) -> None:
    at = parse(f"{host}/shop/api:1").ecr
    assert at == (Repository("123456789012", region, "shop/api") if region else None)


@pytest.mark.parametrize(
    ("text", "full"),
    [
        ("api:1.4.2", f"{HOST}/prod-ci/api:1.4.2"),
        (f"api@{DIGEST}", f"{HOST}/prod-ci/api@{DIGEST}"),
        (f"api:1@{DIGEST}", f"{HOST}/prod-ci/api:1@{DIGEST}"),
        ("api", f"{HOST}/prod-ci/api"),
        ("tools/lint:1", f"{HOST}/prod-ci/lint:1"),
        ("web:1", "web:1"),
        ("org/api:1", "org/api:1"),
        ("localhost:5000/api:1", "localhost:5000/api:1"),
    ],
)
def test_short_names_of_our_repositories(text: str, full: str) -> None:
    assert complete(text, {"api": f"{HOST}/prod-ci/api", "tools/lint": f"{HOST}/prod-ci/lint"}) == full


def test_every_bad_reference_is_reported_once() -> None:
    found, problems = read_references(["nginx", "nginx", f"{HOST}/a:1", f"{HOST}/a:1", "x@y"])
    assert list(found) == [f"{HOST}/a:1"]
    assert len(problems) == 2


def index(*platforms: dict[str, str] | None, **more: Any) -> str:
    return json.dumps({"manifests": [{"digest": DIGEST, **({"platform": one} if one is not None else {}), **more} for one in platforms]})


AMD, ARM = {"os": "linux", "architecture": "amd64"}, {"os": "linux", "architecture": "arm64", "variant": "v8"}


@pytest.mark.parametrize(
    ("manifest", "platforms"),
    [
        (index(AMD, ARM), {"linux/amd64", "linux/arm64"}),
        (index({**AMD, "architecture": "arm", "variant": "v7"}), {"linux/arm/v7"}),
        (index(AMD, {"os": "unknown", "architecture": "unknown"}), {"linux/amd64"}),
        (index({"os": "windows", "architecture": "amd64", "os.version": "10.0"}), {"windows/amd64"}),
        (index(AMD, None), None),
        (index(), None),
        (json.dumps({"config": {"digest": DIGEST}, "layers": []}), None),
    ],
)
def test_platforms_of_an_index(manifest: str, platforms: set[str] | None) -> None:
    assert platforms_of_index(manifest) == platforms


def test_the_configuration_says_the_platform_of_a_single_image() -> None:
    import hashlib

    content = json.dumps({**ARM, "config": {}}).encode()
    digest = f"sha256:{hashlib.sha256(content).hexdigest()}"
    assert config_digest(json.dumps({"config": {"digest": digest}})) == digest
    assert platform_in(content, digest) == "linux/arm64"
    assert platform_in(content + b" ", digest) == ""
    assert platform_in(b"{", f"sha256:{hashlib.sha256(b'{').hexdigest()}") == ""


@pytest.mark.parametrize("url", ["https://127.0.0.1:1/none", "http://127.0.0.1:1/none", "file:///etc/hostname", "nothing", ""])
def test_a_configuration_that_cannot_be_downloaded_is_none(url: str) -> None:
    assert downloaded(url) == b""


@pytest.mark.parametrize(
    ("offered", "nodes", "lacking"),
    [
        ({"linux/amd64", "linux/arm64"}, ["linux/arm64", "linux/amd64"], ""),
        ({"linux/arm64"}, ["linux/arm64", "linux/amd64"], "nodes with linux/amd64"),
        ({"linux/amd64"}, ["linux/arm64"], "nodes with linux/arm64"),
        ({"linux/arm/v7"}, ["linux/arm"], ""),
        (None, ["linux/arm64"], ""),
        ({"linux/amd64"}, [], ""),
    ],
)
def test_nodes_that_cannot_run_an_image(offered: set[str] | None, nodes: list[str], lacking: str) -> None:
    found = list(unrunnable({f"{HOST}/api:1": offered}, nodes))
    assert [lacking in one and f"{HOST}/api:1" in one for one in found] == ([True] if lacking else [])


def test_a_missing_image_is_named_completely() -> None:
    text = missing(parse(f"{HOST}/shop/api:9"), Repository("123456789012", "af-south-1", "shop/api"), "ImageNotFound")
    for part in ("shop/api", "tag 9", "account 123456789012", "af-south-1"):
        assert part in text


def test_protecting_tags() -> None:
    assert protecting_tag("prod.shop", DIGEST) == "deployed-prod.shop-abababababababab"
    for wrong in ("", "-x", "a b", "x" * 64):
        with pytest.raises(ValueError, match="part of a tag"):
            protecting_tag(wrong, DIGEST)
