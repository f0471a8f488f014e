"""EKS add-ons and pod identity associations, in a cloud without control planes."""

from __future__ import annotations

import json
from typing import Any

import pytest

from .conftest import ACCOUNT, refused, trust, until
from .eks_account import PODS_TRUST, EksAccount


@pytest.fixture
def main(eks_account: EksAccount) -> EksAccount:
    """An account with a cluster, main, of Kubernetes 1.35."""
    eks_account.create()
    return eks_account


# Versions


def test_versions_for_a_minor(main: EksAccount) -> None:
    found = main.eks.describe_addon_versions(kubernetesVersion="1.35", addonName="vpc-cni")["addons"]
    assert [(one["addonName"], one["type"], one["owner"], one["publisher"]) for one in found] == [("vpc-cni", "networking", "aws", "eks")]
    versions = {one["addonVersion"]: one["compatibilities"] for one in found[0]["addonVersions"]}
    assert all(
        fits == [{"clusterVersion": "1.35", "platformVersions": ["*"], "defaultVersion": fits[0]["defaultVersion"]}]
        for fits in versions.values()
    )
    assert [version for version, fits in versions.items() if fits[0]["defaultVersion"]] == ["v1.21.2-eksbuild.1"]
    assert len(versions) > 1


@pytest.mark.parametrize("minor", ["1.33", "1.34", "1.35", "1.36"])
def test_each_minor_has_one_default_of_each_addon(main: EksAccount, minor: str) -> None:
    found = main.eks.describe_addon_versions(kubernetesVersion=minor)["addons"]
    names = {"vpc-cni", "kube-proxy", "coredns", "eks-pod-identity-agent", "aws-ebs-csi-driver", "aws-efs-csi-driver", "metrics-server"}
    names |= {"amazon-cloudwatch-observability", "snapshot-controller", "cert-manager", "external-dns"}
    assert names | {"aws-secrets-store-csi-driver-provider"} == {one["addonName"] for one in found}
    for addon in found:
        defaults = [one for one in addon["addonVersions"] if one["compatibilities"][0]["defaultVersion"]]
        assert len(defaults) == 1, addon["addonName"]


def test_versions_that_do_not_exist(main: EksAccount) -> None:
    assert main.eks.describe_addon_versions(addonName="kubecost")["addons"] == []
    assert main.eks.describe_addon_versions(kubernetesVersion="1.20")["addons"] == []
    assert [one["addonName"] for one in main.eks.describe_addon_versions(owners=["community"], types=["security"])["addons"]] == [
        "cert-manager"
    ]


def test_configuration_of_an_addon(main: EksAccount) -> None:
    found = main.eks.describe_addon_configuration(addonName="aws-ebs-csi-driver", addonVersion="v1.66.0-eksbuild.1")
    assert json.loads(found["configurationSchema"])["additionalProperties"] is False
    policy = "arn:aws:iam::aws:policy/service-role/AmazonEBSCSIDriverPolicy"
    assert found["podIdentityConfiguration"] == [{"serviceAccount": "ebs-csi-controller-sa", "recommendedManagedPolicies": [policy]}]
    assert refused(main.eks.describe_addon_configuration, addonName="coredns", addonVersion="v0") == "InvalidParameterException"


# The life of an add-on


def test_an_addon_comes_is_changed_and_goes(main: EksAccount) -> None:
    main.cloud.admin.settings(transition_seconds={"default": 0.0, "eks_addon": 0.3})
    eks = main.eks
    made = eks.create_addon(clusterName="main", addonName="vpc-cni", tags={"a": "b"})["addon"]
    assert (made["status"], made["addonVersion"], made["tags"]) == ("CREATING", "v1.21.2-eksbuild.1", {"a": "b"})
    assert made["addonArn"].startswith(f"{main.arns}:addon/main/vpc-cni/")
    assert refused(eks.create_addon, clusterName="main", addonName="vpc-cni") == "ResourceInUseException"
    assert refused(eks.update_addon, clusterName="main", addonName="vpc-cni") == "ResourceInUseException"
    until(lambda: main.addon("vpc-cni")["status"] == "ACTIVE")
    assert main.addon("vpc-cni")["health"] == {"issues": []}
    assert eks.list_addons(clusterName="main")["addons"] == ["vpc-cni"]

    configuration = json.dumps({"enableNetworkPolicy": "true", "env": {"ENABLE_PREFIX_DELEGATION": "true"}})
    given = {"addonVersion": "v1.22.4-eksbuild.3", "configurationValues": configuration, "resolveConflicts": "PRESERVE"}
    update = eks.update_addon(clusterName="main", addonName="vpc-cni", **given)["update"]
    assert (update["type"], update["status"]) == ("AddonUpdate", "InProgress")
    assert {one["type"]: one["value"] for one in update["params"]}["AddonVersion"] == "v1.22.4-eksbuild.3"
    assert main.addon("vpc-cni")["status"] == "UPDATING"
    assert main.describe()["status"] == "ACTIVE"
    assert refused(eks.describe_update, name="main", updateId=update["id"]) == "ResourceNotFoundException"
    assert main.until_updated(update, addonName="vpc-cni")["status"] == "Successful"
    found = main.addon("vpc-cni")
    assert (found["addonVersion"], found["configurationValues"], found["status"]) == ("v1.22.4-eksbuild.3", configuration, "ACTIVE")
    assert eks.list_updates(name="main", addonName="vpc-cni")["updateIds"] == [update["id"]]
    assert eks.list_updates(name="main")["updateIds"] == []

    assert eks.delete_addon(clusterName="main", addonName="vpc-cni")["addon"]["status"] == "DELETING"
    until(lambda: eks.list_addons(clusterName="main")["addons"] == [])
    assert refused(eks.describe_addon, clusterName="main", addonName="vpc-cni") == "ResourceNotFoundException"


@pytest.mark.parametrize("name", ["coredns", "aws-ebs-csi-driver", "metrics-server"])
def test_a_deployment_is_degraded_until_there_are_nodes(main: EksAccount, name: str) -> None:
    main.eks.create_addon(clusterName="main", addonName=name)
    found = main.addon(name)
    assert (found["status"], [issue["code"] for issue in found["health"]["issues"]]) == ("DEGRADED", ["InsufficientNumberOfReplicas"])
    main.eks.create_addon(clusterName="main", addonName="vpc-cni")
    main.node_group()
    until(lambda: main.addon(name)["status"] == "ACTIVE")
    assert main.addon(name)["health"] == {"issues": []}


@pytest.mark.parametrize("name", ["vpc-cni", "kube-proxy", "eks-pod-identity-agent"])
def test_a_daemon_set_needs_no_nodes(main: EksAccount, name: str) -> None:
    main.eks.create_addon(clusterName="main", addonName=name)
    assert main.addon(name)["status"] == "ACTIVE"


def test_an_addon_follows_its_script(main: EksAccount) -> None:
    issue = {"code": "AccessDenied", "message": "as scripted", "resourceIds": []}
    main.cloud.admin.script("eks_addon", {"id": "kube-proxy"}, [{"state": "CREATE_FAILED", "fields": {"health": {"issues": [issue]}}}])
    main.eks.create_addon(clusterName="main", addonName="kube-proxy")
    found = main.addon("kube-proxy")
    assert (found["status"], found["health"]["issues"]) == ("CREATE_FAILED", [issue])


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"addonName": "kubecost"}, "not supported in 1.35 kubernetes version"),
    ({"addonName": "vpc-cni", "addonVersion": "v1.0.0"}, "Addon version specified is not supported"),
    ({"addonName": "kube-proxy", "addonVersion": "v1.36.0-eksbuild.7"}, "Addon version specified is not supported"),
    ({"addonName": "coredns", "configurationValues": "replicaCount: 2"}, "not valid JSON"),
    ({"addonName": "coredns", "configurationValues": "null"}, "$: null found, object expected"),
    ({"addonName": "coredns", "configurationValues": '{"replicas": 2}'}, "$.replicas: is not defined in the schema"),
    ({"addonName": "coredns", "configurationValues": '{"replicaCount": "2"}'}, "$.replicaCount: string found, integer expected"),
    ({"addonName": "coredns", "configurationValues": '{"replicaCount": true}'}, "$.replicaCount: boolean found, integer expected"),
    ({"addonName": "vpc-cni", "configurationValues": '{"enableNetworkPolicy": true}'}, "boolean found, string expected"),
    ({"addonName": "vpc-cni", "configurationValues": '{"env": {"A": 1}}'}, "$.env.A: integer found, string expected"),
    ({"addonName": "vpc-cni", "serviceAccountRoleArn": f"arn:aws:iam::{ACCOUNT}:role/absent"}, "does not exist"),
    ({"addonName": "vpc-cni", "namespaceConfig": {"namespace": "elsewhere"}}, "default namespace"),
    (
        {"addonName": "kube-proxy", "podIdentityAssociations": [{"serviceAccount": "kube-proxy", "roleArn": "pods"}]},
        "takes no pod identity",
    ),
]


@pytest.mark.parametrize(("parameters", "words"), REFUSED)
def test_an_addon_that_is_refused(main: EksAccount, parameters: dict[str, Any], words: str) -> None:
    with pytest.raises(main.eks.exceptions.InvalidParameterException) as caught:
        main.eks.create_addon(clusterName="main", **parameters)
    assert words in str(caught.value)
    assert main.eks.list_addons(clusterName="main")["addons"] == []


def test_updates_that_are_refused(main: EksAccount) -> None:
    eks = main.eks
    assert refused(eks.update_addon, clusterName="main", addonName="coredns") == "ResourceNotFoundException"
    eks.create_addon(clusterName="main", addonName="vpc-cni", addonVersion="v1.20.4-eksbuild.2")
    for parameters in ({"addonVersion": "v1.22.4-eksbuild.3"}, {"addonVersion": "v9"}, {"configurationValues": "{"}):
        assert refused(eks.update_addon, clusterName="main", addonName="vpc-cni", **parameters) == "InvalidParameterException"


def test_nothing_else_while_the_cluster_is_updated(main: EksAccount) -> None:
    main.eks.create_addon(clusterName="main", addonName="kube-proxy")
    main.cloud.admin.settings(transition_seconds={"default": 0.0, "eks_cluster": 0.5})
    update = main.eks.update_cluster_version(name="main", version="1.36")["update"]
    assert refused(main.eks.create_addon, clusterName="main", addonName="coredns") == "ResourceInUseException"
    assert refused(main.eks.update_addon, clusterName="main", addonName="kube-proxy") == "ResourceInUseException"
    assert main.until_updated(update)["status"] == "Successful"
    main.eks.update_addon(clusterName="main", addonName="kube-proxy", addonVersion="v1.36.0-eksbuild.7")


def test_self_managed_software_conflicts(eks_account: EksAccount) -> None:
    """The same version is taken over; a different one only with OVERWRITE."""
    eks_account.create(bootstrapSelfManagedAddons=True)
    eks = eks_account.eks
    assert eks.list_addons(clusterName="main")["addons"] == []
    eks.create_addon(clusterName="main", addonName="kube-proxy")
    assert eks_account.addon("kube-proxy")["status"] == "ACTIVE"
    eks.create_addon(clusterName="main", addonName="vpc-cni", addonVersion="v1.22.4-eksbuild.3")
    found = eks_account.addon("vpc-cni")
    assert (found["status"], [issue["code"] for issue in found["health"]["issues"]]) == ("CREATE_FAILED", ["ConfigurationConflict"])
    eks.update_addon(clusterName="main", addonName="vpc-cni", resolveConflicts="OVERWRITE")
    assert eks_account.addon("vpc-cni")["status"] == "ACTIVE"


# Pod identity


def test_an_addon_brings_its_associations(main: EksAccount) -> None:
    """With or without the agent: EKS does not check. They follow the add-on, and can be changed only through it."""
    eks = main.eks
    wanted = [{"serviceAccount": "ebs-csi-controller-sa", "roleArn": main.pod_role}]
    addon = eks.create_addon(clusterName="main", addonName="aws-ebs-csi-driver", podIdentityAssociations=wanted)["addon"]
    (association,) = eks.list_pod_identity_associations(clusterName="main")["associations"]
    assert addon["podIdentityAssociations"] == [association["associationArn"]]
    assert (association["ownerArn"], association["namespace"]) == (addon["addonArn"], "kube-system")
    identity = {"clusterName": "main", "associationId": association["associationId"]}
    assert refused(eks.delete_pod_identity_association, **identity) == "InvalidRequestException"

    other = main.new_role("other", PODS_TRUST)
    wanted[0]["roleArn"] = other
    eks.update_addon(clusterName="main", addonName="aws-ebs-csi-driver", podIdentityAssociations=wanted)
    assert eks.describe_pod_identity_association(**identity)["association"]["roleArn"] == other
    eks.update_addon(clusterName="main", addonName="aws-ebs-csi-driver")
    assert len(main.addon("aws-ebs-csi-driver")["podIdentityAssociations"]) == 1
    eks.update_addon(clusterName="main", addonName="aws-ebs-csi-driver", podIdentityAssociations=[])
    assert "podIdentityAssociations" not in main.addon("aws-ebs-csi-driver")
    assert eks.list_pod_identity_associations(clusterName="main")["associations"] == []


def test_associations(main: EksAccount) -> None:
    eks = main.eks
    given = {"clusterName": "main", "namespace": "web", "serviceAccount": "api", "roleArn": main.pod_role}
    made = eks.create_pod_identity_association(**given, tags={"a": "b"})["association"]
    assert {name: made[name] for name in given} == given
    assert made["tags"] == {"a": "b"}
    assert made["associationArn"] == f"{main.arns}:podidentityassociation/main/{made['associationId']}"
    assert refused(eks.create_pod_identity_association, **given) == "ResourceInUseException"
    second = eks.create_pod_identity_association(**given | {"serviceAccount": "worker"})["association"]
    listed = eks.list_pod_identity_associations(clusterName="main", namespace="web")["associations"]
    assert [one["associationId"] for one in listed] == [made["associationId"], second["associationId"]]
    one = eks.list_pod_identity_associations(clusterName="main", namespace="web", serviceAccount="worker")["associations"]
    assert [each["associationId"] for each in one] == [second["associationId"]]

    other = main.new_role("other", PODS_TRUST)
    identity = {"clusterName": "main", "associationId": made["associationId"]}
    assert eks.update_pod_identity_association(**identity, roleArn=other)["association"]["roleArn"] == other
    eks.delete_pod_identity_association(**identity)
    assert refused(eks.describe_pod_identity_association, **identity) == "ResourceNotFoundException"


def test_associations_that_are_refused(main: EksAccount) -> None:
    """The role must exist, have propagated, and trust EKS's pods with their session tags."""
    given = {"clusterName": "main", "namespace": "web", "serviceAccount": "api"}
    create = main.eks.create_pod_identity_association
    for role in (f"arn:aws:iam::{ACCOUNT}:role/absent", main.node_role, main.new_role("half", trust("pods.eks.amazonaws.com"))):
        assert refused(create, **given, roleArn=role) == "InvalidParameterException"
    assert refused(create, **given | {"clusterName": "other"}, roleArn=main.pod_role) == "ResourceNotFoundException"
    main.cloud.admin.settings(propagation_seconds=0.5)
    new = main.new_role("new", PODS_TRUST)
    assert refused(create, **given, roleArn=new) == "InvalidParameterException"


def test_pages(main: EksAccount) -> None:
    for number in range(3):
        given = {"namespace": "web", "serviceAccount": f"a{number}", "roleArn": main.pod_role}
        main.eks.create_pod_identity_association(clusterName="main", **given)
    first = main.eks.list_pod_identity_associations(clusterName="main", maxResults=2)
    second = main.eks.list_pod_identity_associations(clusterName="main", maxResults=2, nextToken=first["nextToken"])
    assert ([len(one["associations"]) for one in (first, second)], "nextToken" in second) == ([2, 1], False)
