"""EKS clusters of a cloud are control planes that start, are upgraded, and stop, and so are their node groups' nodes. Access entries
decide who may log in, and with which permissions.
"""

from __future__ import annotations

import base64
import datetime
import json
import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import botocore.auth
import pytest
from botocore.credentials import Credentials

from ansible_collections.mainstay.aws.plugins.module_utils.kubernetes.eks_token import make_token
from rehearsal.kubernetes import build
from rehearsal.kubernetes.api import Api, ApiError
from rehearsal.kubernetes.login import ARN_OF_POLICIES
from rehearsal.launcher import REPOSITORY

from ..conftest import ACCOUNT, REGION, CheckedCloud, refused, trust, until
from .conftest import wait

SECONDS = 120.0


class Account:
    """A cloud with a cluster's prerequisites."""

    def __init__(self, cloud: CheckedCloud) -> None:
        self.cloud = cloud
        self.eks, self.iam, self.sts = (cloud.client(service) for service in ("eks", "iam", "sts"))
        self.refill()

    def refill(self) -> None:
        ec2 = self.cloud.client("ec2")
        vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
        zones = [(f"10.0.{number}.0/24", f"{REGION}{zone}") for number, zone in enumerate("ab")]
        self.subnets = [ec2.create_subnet(VpcId=vpc, CidrBlock=block, AvailabilityZone=zone)["Subnet"]["SubnetId"] for block, zone in zones]
        self.role = self.new_role("cluster", trust("eks.amazonaws.com"))

    def new_role(self, name: str, policy: str, path: str = "/") -> str:
        return str(self.iam.create_role(RoleName=name, Path=path, AssumeRolePolicyDocument=policy)["Role"]["Arn"])

    def create(self, name: str, mode: str = "API", **options: Any) -> dict[str, Any]:
        access = {"authenticationMode": mode, **options.pop("access", {})}
        network = {"subnetIds": self.subnets}
        made = self.eks.create_cluster(name=name, roleArn=self.role, resourcesVpcConfig=network, accessConfig=access, **options)
        return dict(made["cluster"])

    def describe(self, name: str) -> dict[str, Any]:
        return dict(self.eks.describe_cluster(name=name)["cluster"])

    def until_active(self, name: str) -> dict[str, Any]:
        until(lambda: self.describe(name)["status"] not in ("CREATING", "UPDATING"), SECONDS)
        found = self.describe(name)
        assert found["status"] == "ACTIVE", found["health"]
        return found

    def until_gone(self, name: str) -> None:
        until(lambda: name not in self.eks.list_clusters()["clusters"], SECONDS)

    def kubernetes(self, name: str, credentials: Credentials, *, of: str | None = None, at: Any = None) -> Api:
        """A cluster's API for a user whose token is created as the collection creates it; ``at`` replaces botocore's clock."""
        found = self.describe(name)
        authority = Path(self.cloud.description["log"]).with_name(f"{name}.ca")
        authority.write_bytes(base64.b64decode(found["certificateAuthority"]["data"]))
        with pytest.MonkeyPatch.context() as clock:
            if at:
                clock.setattr(botocore.auth, "get_current_datetime", at)
            token = make_token(credentials, of or name, REGION, self.cloud.endpoint)
        return Api(found["endpoint"], authority, token=token.token)

    def own(self, role: str = "apply") -> Credentials:
        given = self.cloud.description["credentials"][role]
        return Credentials(given["access_key_id"], given["secret_access_key"])

    def assume(self, arn: str) -> Credentials:
        given = self.sts.assume_role(RoleArn=arn, RoleSessionName="session")["Credentials"]
        return Credentials(given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"])


@pytest.fixture(scope="module")
def module_cloud() -> Iterator[CheckedCloud]:
    with CheckedCloud(account_id=ACCOUNT, region=REGION) as cloud:
        yield cloud
        assert cloud.problems == []


@pytest.fixture(scope="module")
def account(module_cloud: CheckedCloud) -> Account:
    return Account(module_cloud)


@pytest.fixture(scope="module")
def cluster(account: Account) -> Account:
    """An account with a cluster, main, shared by all tests of this file except the first."""
    account.create("main", version="1.36")
    account.until_active("main")
    return account


def status_of(call: Callable[..., Any], *arguments: Any, **options: Any) -> int:
    """The HTTP status of a Kubernetes API call."""
    try:
        call(*arguments, **options)
    except ApiError as error:
        return error.status
    return 200


PODS, CONFIG_MAPS = "/api/v1/namespaces/default/pods", "/api/v1/namespaces/default/configmaps"


def config_map(name: str) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}}


# Images


def test_pods_wait_for_images_that_the_accounts_registry_lacks(cluster: Account) -> None:
    ecr, api = cluster.cloud.client("ecr"), cluster.kubernetes("main", cluster.own())
    registry = f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com"
    ecr.create_repository(repositoryName="shop/api")
    manifest = {"schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json", "layers": []}
    ecr.put_image(repositoryName="shop/api", imageManifest=json.dumps(manifest), imageTag="v1")
    names = iter(f"image-{number}" for number in range(1000))

    def behavior(image: str) -> str | None:
        name = next(names)
        spec = {"containers": [{"name": "main", "image": image}]}
        made = api.create(PODS, {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name}, "spec": spec})
        api.delete(f"{PODS}/{name}")
        return (made["metadata"].get("annotations") or {}).get("rehearsal.mainstay/behavior")

    until(lambda: behavior(f"{registry}/nowhere:v1") == "image-not-found", SECONDS)
    assert behavior(f"{registry}/shop/api:v1") is None
    assert behavior(f"{registry}/shop/api:v2") == "image-not-found"
    assert behavior(f"{registry}/shop/api") == "image-not-found"
    assert behavior("602401143452.dkr.ecr.eu-west-1.amazonaws.com/eks/coredns:v1") is None
    assert behavior("public.ecr.aws/eks/aws-load-balancer-controller:v1") is None


# The life of a cluster


def test_a_cluster_comes_is_upgraded_and_goes(account: Account) -> None:
    cloud, eks = account.cloud, account.eks
    cloud.admin.settings(transition_seconds={"default": 0.0, "eks_cluster": 1.0})
    made = account.create("life", version="1.34")
    assert (made["status"], made["version"], made.get("endpoint"), made["certificateAuthority"]) == ("CREATING", "1.34", None, {})
    assert refused(eks.update_cluster_version, name="life", version="1.35") == "ResourceInUseException"
    found = account.until_active("life")
    assert found["endpoint"].startswith("https://127.0.0.1:")
    issuer = found["identity"]["oidc"]["issuer"]
    assert issuer.startswith(f"https://oidc.eks.{REGION}.amazonaws.com/id/")
    api = account.kubernetes("life", account.own())
    assert api.get("/version")["emulationMinor"] == "34"
    assert api.get("/.well-known/openid-configuration")["issuer"] == issuer
    api.create(CONFIG_MAPS, config_map("kept"))

    for version in ("1.34", "1.36", "1.99"):
        assert refused(eks.update_cluster_version, name="life", version=version) == "InvalidParameterException"
    update = eks.update_cluster_version(name="life", version="1.35")["update"]
    assert (update["status"], update["type"], account.describe("life")["status"]) == ("InProgress", "VersionUpdate", "UPDATING")
    assert refused(eks.update_cluster_version, name="life", version="1.36") == "ResourceInUseException"
    until(lambda: eks.describe_update(name="life", updateId=update["id"])["update"]["status"] == "Successful", SECONDS)
    after = account.until_active("life")
    assert (after["version"], after["endpoint"], after["certificateAuthority"]) == (
        "1.35",
        found["endpoint"],
        found["certificateAuthority"],
    )
    assert eks.list_updates(name="life")["updateIds"] == [update["id"]]
    api = account.kubernetes("life", account.own())
    assert api.get("/version")["emulationMinor"] == "35"
    assert api.get(f"{CONFIG_MAPS}/kept")["metadata"]["name"] == "kept"

    assert eks.delete_cluster(name="life")["cluster"]["status"] == "DELETING"
    account.until_gone("life")
    assert refused(eks.describe_cluster, name="life") == "ResourceNotFoundException"
    with pytest.raises(OSError, match="refused"):
        api.get("/version")
    assert not [path for path in clusters_of(cloud) if path.name == "life"]


def clusters_of(cloud: CheckedCloud) -> list[Path]:
    return [path for path in (Path(cloud.description["log"]).parent / "clusters").glob("*") if not path.name.startswith(".")]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"version": "1.20"}, "InvalidParameterException"),
        ({"name": "-x"}, "InvalidParameterException"),
        ({"resourcesVpcConfig": {"subnetIds": ["subnet-0", "subnet-1"]}}, "InvalidParameterException"),
        ({"name": "main"}, "ResourceInUseException"),
    ],
)
def test_a_cluster_that_is_refused(cluster: Account, changes: dict[str, Any], code: str) -> None:
    given = {"name": "other", "roleArn": cluster.role, "resourcesVpcConfig": {"subnetIds": cluster.subnets}} | changes
    assert refused(cluster.eks.create_cluster, **given) == code


def test_one_zone_is_not_enough(cluster: Account) -> None:
    given = {"name": "other", "roleArn": cluster.role, "resourcesVpcConfig": {"subnetIds": cluster.subnets[:1]}}
    assert refused(cluster.eks.create_cluster, **given) == "InvalidParameterException"


# Who may log in


def test_the_creator_of_a_cluster_is_its_administrator(cluster: Account) -> None:
    api = cluster.kubernetes("main", cluster.own())
    api.create(CONFIG_MAPS, config_map("by-creator"))
    api.delete(f"{CONFIG_MAPS}/by-creator")
    role = {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", "metadata": {"name": "all"}}
    rules = [{"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]}]
    api.create("/apis/rbac.authorization.k8s.io/v1/clusterroles", {**role, "rules": rules})
    api.delete("/apis/rbac.authorization.k8s.io/v1/clusterroles/all")
    who = api.create("/apis/authentication.k8s.io/v1/selfsubjectreviews", _review())["status"]["userInfo"]
    assert who["username"] == f"arn:aws:iam::{ACCOUNT}:user/rehearsal-apply"
    entries = cluster.eks.list_access_entries(clusterName="main")["accessEntries"]
    assert who["username"] in entries


def _review() -> dict[str, Any]:
    return {"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview", "metadata": {}}


def test_kubectl_logs_in_by_itself(cluster: Account) -> None:
    environment = {**os.environ, **cluster.cloud.environment()}
    until(lambda: Path(environment["KUBECONFIG"]).exists())
    command = [str(build.kubectl()), "auth", "whoami", "-o", "jsonpath={.status.userInfo.username}"]
    process = subprocess.run(command, env=environment, cwd=REPOSITORY, capture_output=True, text=True, check=False)
    assert (process.returncode, process.stdout) == (0, f"arn:aws:iam::{ACCOUNT}:user/rehearsal-apply"), process.stderr


def test_tokens_that_are_not_let_in(cluster: Account) -> None:
    own, stranger = cluster.own(), cluster.new_role("stranger", trust("ec2.amazonaws.com"))
    forged = Credentials(own.access_key, "guessed")
    cases = {
        "another secret": cluster.kubernetes("main", forged),
        "a token for another cluster": cluster.kubernetes("main", own, of="other"),
        "a key that the cloud does not know": cluster.kubernetes("main", Credentials("REHEARSENOBODY", "secret")),
        "a principal without an entry": cluster.kubernetes("main", cluster.assume(stranger)),
    }
    assert {name: status_of(api.get, PODS) for name, api in cases.items()} == dict.fromkeys(cases, 401)
    for words in ("the signature does not match", "is not valid here", f"lets in {stranger}"):
        assert words in cluster.cloud.log


def test_an_expired_token_is_not_let_in(cluster: Account) -> None:
    """Created and signed like any other, sixteen minutes ago."""

    class Earlier(datetime.datetime):
        @classmethod
        def now(cls, tz: Any = None) -> Any:
            return datetime.datetime.now(tz) - datetime.timedelta(minutes=16)

        @classmethod
        def utcnow(cls) -> Any:
            return datetime.datetime.now(datetime.UTC).replace(tzinfo=None) - datetime.timedelta(minutes=16)

    def earlier(remove_tzinfo: bool = True) -> Any:
        return Earlier.utcnow() if remove_tzinfo else Earlier.now(datetime.UTC)

    expired = cluster.kubernetes("main", cluster.own(), at=earlier)
    assert status_of(expired.get, PODS) == 401
    assert "and was good for 15 minutes" in cluster.cloud.log


def test_a_role_with_an_entry_may_do_what_its_policies_say(cluster: Account) -> None:
    """From no entry through viewing and editing in one namespace to nothing again; policies take effect at once."""
    eks = cluster.eks
    arn = cluster.new_role("developer", trust("ec2.amazonaws.com"), path="/team/")
    api = cluster.kubernetes("main", cluster.assume(arn))
    assert status_of(api.get, PODS) == 401
    entry = eks.create_access_entry(clusterName="main", principalArn=arn, kubernetesGroups=["developers"])["accessEntry"]
    assert entry["username"] == f"arn:aws:sts::{ACCOUNT}:assumed-role/developer/{{{{SessionName}}}}"
    assert status_of(api.get, PODS) == 403

    view, edit = (f"{ARN_OF_POLICIES}AmazonEKS{name}Policy" for name in ("View", "Edit"))
    _associate(eks, arn, view, {"type": "cluster"})
    assert status_of(api.get, PODS) == 200
    assert status_of(api.get, "/api/v1/namespaces/kube-system/pods") == 200
    assert status_of(api.get, "/api/v1/namespaces/default/secrets") == 403
    assert status_of(api.create, CONFIG_MAPS, config_map("x")) == 403

    _associate(eks, arn, edit, {"type": "namespace", "namespaces": ["def*"]})
    assert status_of(api.create, CONFIG_MAPS, config_map("x")) == 200
    assert status_of(api.delete, f"{CONFIG_MAPS}/x") == 200
    assert status_of(api.create, "/api/v1/namespaces/kube-system/configmaps", config_map("x")) == 403

    listed = eks.list_associated_access_policies(clusterName="main", principalArn=arn)["associatedAccessPolicies"]
    assert [each["policyArn"] for each in listed] == [view, edit]
    eks.disassociate_access_policy(clusterName="main", principalArn=arn, policyArn=edit)
    assert status_of(api.create, CONFIG_MAPS, config_map("x")) == 403
    eks.delete_access_entry(clusterName="main", principalArn=arn)
    # The API server itself caches an accepted token for ten seconds.
    until(lambda: status_of(api.get, PODS) == 401, 30)


def _associate(eks: Any, principal: str, policy: str, scope: dict[str, Any]) -> None:
    eks.associate_access_policy(clusterName="main", principalArn=principal, policyArn=policy, accessScope=scope)


def test_groups_of_an_entry_are_groups_of_rbac(cluster: Account) -> None:
    arn = cluster.new_role("operator", trust("ec2.amazonaws.com"))
    cluster.eks.create_access_entry(clusterName="main", principalArn=arn, kubernetesGroups=["operators"], username="op:{{SessionName}}")
    api = cluster.kubernetes("main", cluster.assume(arn))
    who = api.create("/apis/authentication.k8s.io/v1/selfsubjectreviews", _review())["status"]["userInfo"]
    assert (who["username"], "operators" in who["groups"]) == ("op:session", True)
    assert status_of(api.get, "/api/v1/nodes") == 403
    binding = {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "ClusterRoleBinding",
        "metadata": {"name": "operators"},
        "roleRef": {"kind": "ClusterRole", "name": "cluster-admin", "apiGroup": "rbac.authorization.k8s.io"},
        "subjects": [{"kind": "Group", "name": "operators", "apiGroup": "rbac.authorization.k8s.io"}],
    }
    cluster.kubernetes("main", cluster.own()).create("/apis/rbac.authorization.k8s.io/v1/clusterrolebindings", binding)
    until(lambda: status_of(api.get, "/api/v1/nodes") == 200)


def test_what_access_entries_refuse(cluster: Account) -> None:
    eks, own = cluster.eks, cluster.new_role("refused", trust("ec2.amazonaws.com"))
    entry = {"clusterName": "main", "principalArn": own}
    policy = {**entry, "policyArn": f"{ARN_OF_POLICIES}AmazonEKSViewPolicy"}
    assert refused(eks.describe_access_entry, **entry) == "ResourceNotFoundException"
    assert refused(eks.associate_access_policy, **policy, accessScope={"type": "cluster"}) == "ResourceNotFoundException"
    absent = f"arn:aws:iam::{ACCOUNT}:role/absent"
    assert refused(eks.create_access_entry, clusterName="main", principalArn=absent) == "InvalidParameterException"
    assert refused(eks.create_access_entry, **entry, kubernetesGroups=["system:masters"]) == "InvalidParameterException"
    assert refused(eks.create_access_entry, **entry, type="ODD") == "InvalidParameterException"
    eks.create_access_entry(**entry)
    assert refused(eks.create_access_entry, **entry) == "ResourceInUseException"
    assert refused(eks.associate_access_policy, **policy, accessScope={"type": "namespace"}) == "InvalidParameterException"
    unknown = {**entry, "policyArn": f"{ARN_OF_POLICIES}AmazonEKSNoPolicy", "accessScope": {"type": "cluster"}}
    assert refused(eks.associate_access_policy, **unknown) == "ResourceNotFoundException"
    assert eks.update_access_entry(**entry, username="planner")["accessEntry"]["username"] == "planner"
    assert refused(eks.disassociate_access_policy, **policy) == "ResourceNotFoundException"
    eks.delete_access_entry(**entry)


def test_without_control_planes_clusters_are_only_described() -> None:
    """With this setting, many clusters cost nothing; access works in the same way, as far as the EKS API goes."""
    with CheckedCloud(account_id=ACCOUNT, region=REGION, settings={"control_planes": False}) as cloud:
        account = Account(cloud)
        found = account.create("described", mode="CONFIG_MAP")
        assert found["status"] == "ACTIVE"
        assert found["endpoint"].endswith(f".{REGION}.eks.amazonaws.com")
        assert clusters_of(cloud) == []
        assert refused(account.eks.list_access_entries, clusterName="described") == "InvalidRequestException"
        account.create("closed", access={"bootstrapClusterCreatorAdminPermissions": False})
        reader = f"arn:aws:iam::{ACCOUNT}:user/rehearsal-plan"
        assert account.eks.list_access_entries(clusterName="closed")["accessEntries"] == [reader]
        account.eks.delete_cluster(name="closed")
        account.until_gone("closed")
        assert cloud.problems == []


def test_changes_of_the_configuration() -> None:
    with CheckedCloud(account_id=ACCOUNT, region=REGION, settings={"control_planes": False}) as cloud:
        account = Account(cloud)
        account.create("main", mode="CONFIG_MAP")
        eks = account.eks
        network, logging = {"endpointPrivateAccess": True}, {"clusterLogging": [{"types": ["audit"], "enabled": True}]}
        access = {"authenticationMode": "API_AND_CONFIG_MAP"}
        assert refused(eks.update_cluster_config, name="main", logging=logging, accessConfig=access) == "InvalidParameterException"
        for given, kind in (
            ({"resourcesVpcConfig": network}, "EndpointAccessUpdate"),
            ({"logging": logging}, "LoggingUpdate"),
            ({"accessConfig": access}, "AccessConfigUpdate"),
        ):
            update = eks.update_cluster_config(name="main", **given)["update"]
            assert (update["type"], update["status"]) == (kind, "InProgress")
            done = eks.describe_update(name="main", updateId=update["id"])["update"]
            assert done["status"] == "Successful"
            assert refused(eks.update_cluster_config, name="main", **given) == "InvalidParameterException"
        found = account.describe("main")
        shown = found["resourcesVpcConfig"]
        assert (shown["endpointPublicAccess"], shown["endpointPrivateAccess"], shown["subnetIds"]) == (True, True, account.subnets)
        assert {"types": ["audit"], "enabled": True} in found["logging"]["clusterLogging"]
        assert found["accessConfig"]["authenticationMode"] == "API_AND_CONFIG_MAP"
        assert eks.list_access_entries(clusterName="main")["accessEntries"] == []
        backwards = {"authenticationMode": "CONFIG_MAP"}
        assert refused(eks.update_cluster_config, name="main", accessConfig=backwards) == "InvalidParameterException"
        assert cloud.problems == []


# Node groups


def nodes_of(account: Account) -> list[dict[str, Any]]:
    items = account.kubernetes("main", account.own()).get("/api/v1/nodes", labelSelector="eks.amazonaws.com/nodegroup=workers")["items"]
    return sorted(items, key=lambda node: str(node["metadata"]["name"]))


def test_the_life_of_a_node_group(cluster: Account) -> None:
    eks = cluster.eks
    node_role = cluster.new_role("node", trust("ec2.amazonaws.com"))
    given = {"clusterName": "main", "nodegroupName": "workers", "subnets": cluster.subnets, "nodeRole": node_role}
    assert refused(eks.create_nodegroup, **given, instanceTypes=["t9.huge"]) == "InvalidParameterException"
    sizes = {"minSize": 1, "maxSize": 2, "desiredSize": 3}
    assert refused(eks.create_nodegroup, **given, scalingConfig=sizes) == "InvalidParameterException"
    taint = {"key": "batch", "value": "only", "effect": "NO_SCHEDULE"}
    options = {"instanceTypes": ["t3.medium"], "labels": {"team": "data"}, "taints": [taint], "capacityType": "SPOT"}
    sizes = {"minSize": 1, "maxSize": 4, "desiredSize": 3}
    assert eks.create_nodegroup(**given, **options, scalingConfig=sizes)["nodegroup"]["status"] == "CREATING"
    until(lambda: group_status(eks) == "ACTIVE", SECONDS)
    nodes = nodes_of(cluster)
    assert len(nodes) == 3
    first = nodes[0]
    labels = first["metadata"]["labels"]
    assert (
        labels
        | {
            "team": "data",
            "eks.amazonaws.com/capacityType": "SPOT",
            "node.kubernetes.io/instance-type": "t3.medium",
            "topology.kubernetes.io/region": REGION,
            "kubernetes.io/arch": "amd64",
        }
        == labels
    )
    assert {node["metadata"]["labels"]["topology.kubernetes.io/zone"] for node in nodes} == {f"{REGION}a", f"{REGION}b"}
    # the node lifecycle controller removes its taint a moment after a node has become ready
    taints = [taint for taint in first["spec"]["taints"] if not taint["key"].startswith("node.kubernetes.io/")]
    assert taints == [{"key": "batch", "value": "only", "effect": "NoSchedule"}]
    assert (first["status"]["capacity"]["pods"], first["status"]["capacity"]["cpu"]) == ("17", "2")
    assert first["spec"]["providerID"].startswith(f"aws:///{REGION}")
    address = next(each["address"] for each in first["status"]["addresses"] if each["type"] == "InternalIP")
    assert first["metadata"]["name"] == f"ip-{address.replace('.', '-')}.{REGION}.compute.internal"
    assert node_role in eks.list_access_entries(clusterName="main")["accessEntries"]
    assert refused(eks.delete_cluster, name="main") == "ResourceInUseException"

    _pod_that_tolerates(cluster)
    changes = {"labels": {"addOrUpdateLabels": {"team": "web"}}, "taints": {"removeTaints": [taint]}, "scalingConfig": {"desiredSize": 1}}
    update = eks.update_nodegroup_config(clusterName="main", nodegroupName="workers", **changes)["update"]
    of = {"name": "main", "nodegroupName": "workers", "updateId": update["id"]}
    until(lambda: eks.describe_update(**of)["update"]["status"] == "Successful", SECONDS)
    (left,) = nodes_of(cluster)
    assert left["metadata"]["labels"]["team"] == "web"
    assert not [taint for taint in left["spec"].get("taints", []) if not taint["key"].startswith("node.kubernetes.io/")]

    eks.delete_nodegroup(clusterName="main", nodegroupName="workers")
    until(lambda: "workers" not in eks.list_nodegroups(clusterName="main")["nodegroups"], SECONDS)
    assert nodes_of(cluster) == []


def group_status(eks: Any) -> str:
    return str(eks.describe_nodegroup(clusterName="main", nodegroupName="workers")["nodegroup"]["status"])


def _pod_that_tolerates(account: Account) -> None:
    """Runs on a node of the group, with the taint; without a toleration it would not."""
    api = account.kubernetes("main", account.own())
    containers = [{"name": "app", "image": "registry.example/app:1"}]
    toleration = {"key": "batch", "operator": "Exists"}
    for name, spec in (("tolerates", {"tolerations": [toleration]}), ("does-not", {})):
        api.create(PODS, {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name}, "spec": {"containers": containers, **spec}})
    wait(api, PODS, "tolerates", lambda pod: pod["status"].get("phase") == "Running")
    refused_pod = wait(api, PODS, "does-not", lambda pod: bool(pod["status"].get("conditions")))
    assert "untolerated taint" in json.dumps(refused_pod["status"]["conditions"])
    for name in ("tolerates", "does-not"):
        api.delete(f"{PODS}/{name}")


def test_the_reader_of_the_rehearsal_reads_everything_and_changes_nothing(cluster: Account) -> None:
    api = cluster.kubernetes("main", cluster.own("plan"))
    assert status_of(api.get, "/api/v1/namespaces/kube-system/secrets") == 200
    assert status_of(api.create, CONFIG_MAPS, config_map("x")) == 403


# Add-ons


def test_an_addon_is_what_runs_in_the_cluster(cluster: Account) -> None:
    """CoreDNS is a Deployment that waits for a node and runs with the given configuration; deleting the add-on deletes it."""
    eks, api = cluster.eks, cluster.kubernetes("main", cluster.own())
    deployments = "/apis/apps/v1/namespaces/kube-system/deployments"
    configuration = json.dumps({"replicaCount": 3})
    eks.create_addon(clusterName="main", addonName="coredns", resolveConflicts="OVERWRITE", configurationValues=configuration)
    until(lambda: _addon_status(eks, "coredns") == "DEGRADED", SECONDS)
    assert api.get(f"{deployments}/coredns")["spec"]["replicas"] == 3
    group = {"clusterName": "main", "nodegroupName": "workers", "subnets": cluster.subnets}
    eks.create_nodegroup(**group, nodeRole=cluster.new_role("addon-node", trust("ec2.amazonaws.com")), instanceTypes=["t3.medium"])
    until(lambda: _addon_status(eks, "coredns") == "ACTIVE", SECONDS)

    update = eks.update_addon(clusterName="main", addonName="coredns", configurationValues=json.dumps({"replicaCount": 2}))["update"]
    of = {"name": "main", "addonName": "coredns", "updateId": update["id"]}
    until(lambda: eks.describe_update(**of)["update"]["status"] == "Successful", SECONDS)
    assert api.get(f"{deployments}/coredns")["spec"]["replicas"] == 2

    wrong = json.dumps({"tolerations": ["everything"]})
    update = eks.update_addon(clusterName="main", addonName="coredns", configurationValues=wrong)["update"]
    of["updateId"] = update["id"]
    until(lambda: eks.describe_update(**of)["update"]["status"] == "Failed", SECONDS)
    assert [error["errorCode"] for error in eks.describe_update(**of)["update"]["errors"]] == ["AdmissionRequestDenied"]
    assert _addon_status(eks, "coredns") == "UPDATE_FAILED"
    eks.delete_addon(clusterName="main", addonName="coredns")
    until(lambda: eks.list_addons(clusterName="main")["addons"] == [], SECONDS)
    until(lambda: status_of(api.get, f"{deployments}/coredns") == 404, SECONDS)
    eks.delete_nodegroup(clusterName="main", nodegroupName="workers")
    until(lambda: eks.list_nodegroups(clusterName="main")["nodegroups"] == [], SECONDS)


def _addon_status(eks: Any, name: str) -> str:
    return str(eks.describe_addon(clusterName="main", addonName=name)["addon"]["status"])


# The end of the cloud


def test_emptying_or_stopping_the_cloud_ends_its_clusters() -> None:
    with CheckedCloud(account_id=ACCOUNT, region=REGION) as cloud:
        account = Account(cloud)
        pids = []
        for name in ("emptied", "stopped"):
            account.create(name)
            account.until_active(name)
            found = cluster_processes(cloud, name)
            assert len(found) == 5
            if name == "emptied":
                cloud.admin.reset()
                assert not [pid for pid in found if Path(f"/proc/{pid}").exists()]
                assert account.eks.list_clusters()["clusters"] == []
                account.refill()
            pids += found
    assert not [pid for pid in pids if Path(f"/proc/{pid}").exists()]


def cluster_processes(cloud: CheckedCloud, name: str) -> list[int]:
    """The processes that work in a cluster's folder."""
    home = Path(cloud.description["log"]).parent / "clusters" / name
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if (process / "cwd").readlink() == home:
                found.append(int(process.name))
        except OSError:
            continue
    return found
