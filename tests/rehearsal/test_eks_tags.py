"""Tags on everything in EKS, and the tagging API."""

from __future__ import annotations

import pytest

from .conftest import refused, trust
from .eks_account import EksAccount


@pytest.fixture
def main(eks_account: EksAccount) -> EksAccount:
    """An account with a cluster, main, of Kubernetes 1.35."""
    eks_account.create()
    return eks_account


def test_tags_of_everything(main: EksAccount) -> None:
    eks = main.eks
    arns = [main.describe()["arn"]]
    arns.append(eks.create_addon(clusterName="main", addonName="vpc-cni")["addon"]["addonArn"])
    arns.append(main.node_group()["nodegroupArn"])
    given = {"namespace": "web", "serviceAccount": "api", "roleArn": main.pod_role}
    arns.append(eks.create_pod_identity_association(clusterName="main", **given)["association"]["associationArn"])
    arns.append(eks.create_access_entry(clusterName="main", principalArn=main.pod_role)["accessEntry"]["accessEntryArn"])
    role = main.new_role("fargate", trust("eks-fargate-pods.amazonaws.com"))
    profile = {"fargateProfileName": "jobs", "podExecutionRoleArn": role, "selectors": [{"namespace": "jobs"}], "subnets": main.subnets}
    arns.append(eks.create_fargate_profile(clusterName="main", **profile)["fargateProfile"]["fargateProfileArn"])
    for arn in arns:
        eks.tag_resource(resourceArn=arn, tags={"a": "b", "c": "d"})
        eks.untag_resource(resourceArn=arn, tagKeys=["c"])
        assert eks.list_tags_for_resource(resourceArn=arn)["tags"] == {"a": "b"}
        assert refused(eks.tag_resource, resourceArn=arn, tags={"aws:x": "y"}) == "BadRequestException"
    assert main.addon("vpc-cni")["tags"] == main.describe()["tags"] == {"a": "b"}
    assert refused(eks.tag_resource, resourceArn=f"{arns[0]}-other", tags={"a": "b"}) == "NotFoundException"
    tagging = main.cloud.client("resourcegroupstaggingapi")
    filters = [{"Key": "a", "Values": ["b"]}]
    found = tagging.get_resources(TagFilters=filters, ResourceTypeFilters=["eks"])["ResourceTagMappingList"]
    assert {one["ResourceARN"] for one in found} == set(arns)
    found = tagging.get_resources(TagFilters=filters, ResourceTypeFilters=["eks:addon", "eks:nodegroup"])["ResourceTagMappingList"]
    assert {one["ResourceARN"] for one in found} == set(arns[1:3])
