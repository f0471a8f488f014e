"""EKS's responses about clusters that do not exist: kinds look resources up by name before anything exists."""

from __future__ import annotations

from typing import Any

import pytest

from rehearsal.operations import operation_model

from .conftest import CheckedCloud, refused

ABOUT_A_CLUSTER = (
    *("DescribeCluster", "ListUpdates", "DescribeUpdate", "ListInsights", "DescribeInsight", "DescribeInsightsRefresh"),
    *("ListAddons", "DescribeAddon", "ListNodegroups", "DescribeNodegroup", "ListFargateProfiles", "DescribeFargateProfile"),
    *("ListAccessEntries", "DescribeAccessEntry", "ListAssociatedAccessPolicies"),
    *("ListPodIdentityAssociations", "DescribePodIdentityAssociation"),
    *("DeleteCluster", "UpdateClusterConfig", "UpdateClusterVersion", "AssociateEncryptionConfig", "StartInsightsRefresh", "CancelUpdate"),
    *("CreateAddon", "UpdateAddon", "DeleteAddon", "DeleteNodegroup", "UpdateNodegroupConfig", "UpdateNodegroupVersion"),
    *("CreateAccessEntry", "UpdateAccessEntry", "DeleteAccessEntry", "AssociateAccessPolicy", "DisassociateAccessPolicy"),
    *("CreatePodIdentityAssociation", "UpdatePodIdentityAssociation", "DeletePodIdentityAssociation", "DeleteFargateProfile"),
)
VALUES: dict[str, Any] = {
    "accessScope": {"type": "cluster"},
    "encryptionConfig": [],
    "principalArn": "arn:aws:iam::210987654321:role/x",
    "version": "1.36",
    "deletionProtection": True,
}


@pytest.mark.parametrize("operation", ABOUT_A_CLUSTER)
def test_a_cluster_that_is_not_there(cloud: CheckedCloud, operation: str) -> None:
    cloud.admin.settings(control_planes=False)
    client = cloud.client("eks")
    method = next(name for name, wanted in client.meta.method_to_api_mapping.items() if wanted == operation)
    required = operation_model("eks", operation).input_shape.required_members
    parameters = {name: VALUES.get(name, "absent") for name in required}
    if operation == "UpdateClusterConfig":
        parameters["deletionProtection"] = True
    assert refused(getattr(client, method), **parameters) == "ResourceNotFoundException"
