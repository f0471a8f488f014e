"""Looks at the scenario's repositories with boto3 alone."""

from __future__ import annotations

import json

import boto3
from expectations import expect

API, TOOLS = "molecule-registry/api", "molecule/tools"


def running() -> None:
    """Mutability, scanning, encryption, both policies, and an image that can be pushed, and protected by a tag."""
    ecr = boto3.client("ecr")
    found = {one["repositoryName"]: one for one in ecr.describe_repositories()["repositories"]}
    expect("the repositories", sorted(found), sorted([API, TOOLS]))
    expect("the mode of api", found[API]["imageTagMutability"], "IMMUTABLE_WITH_EXCLUSION")
    expect("the mode of tools", found[TOOLS]["imageTagMutability"], "MUTABLE_WITH_EXCLUSION")
    expect("its exclusions", [one["filter"] for one in found[TOOLS]["imageTagMutabilityExclusionFilters"]], ["deployed-*"])
    expect("scanning", [found[name]["imageScanningConfiguration"]["scanOnPush"] for name in (API, TOOLS)], [True, False])
    expect("encryption", [found[name]["encryptionConfiguration"]["encryptionType"] for name in (API, TOOLS)], ["KMS", "AES256"])
    key = boto3.client("kms").describe_key(KeyId=found[API]["encryptionConfiguration"]["kmsKey"])["KeyMetadata"]
    expect("the key", (key["KeyManager"], key["KeyState"]), ("CUSTOMER", "Enabled"))
    policy = json.loads(ecr.get_repository_policy(repositoryName=API)["policyText"])
    expect("who may pull", policy["Statement"][0]["Principal"], {"AWS": "arn:aws:iam::210987654321:root"})
    rules = json.loads(ecr.get_lifecycle_policy(repositoryName=API)["lifecyclePolicyText"])["rules"]
    expect("the first rule's tags", min(rules, key=lambda rule: rule["rulePriority"])["selection"]["tagPrefixList"], ["deployed-"])
    config = {"mediaType": "application/vnd.oci.image.config.v1+json", "size": 2, "digest": f"sha256:{'0' * 64}"}
    manifest = {"schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json", "config": config, "layers": []}
    for tag in ("v1", "deployed-molecule.shop-0"):
        ecr.put_image(repositoryName=API, imageManifest=json.dumps(manifest), imageTag=tag)
    (image,) = ecr.describe_images(repositoryName=API)["imageDetails"]
    expect("the image's tags", image["imageTags"], ["v1", "deployed-molecule.shop-0"])


def removed() -> None:
    expect("the repositories", boto3.client("ecr").describe_repositories()["repositories"], [])
