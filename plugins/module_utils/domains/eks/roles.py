# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The IAM roles of a cluster: who may assume each, and what it may do."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ...aws.place import Place
from ...aws.policies import policy, write_logs
from ...reconcile.model import Ref, Resource, ref
from .settings.addons import RIGHTS
from .settings.cluster import IPV6, NO_KEY, Cluster
from .settings.controllers import CONTROLLERS
from .settings.ipv6 import cni_statements
from .settings.karpenter import NODES, queue_name
from .settings.pod_networking import CNI
from .settings.statements import Scene

NODE_POLICIES = ("AmazonEKSWorkerNodeMinimalPolicy", "AmazonEC2ContainerRegistryPullOnly")
"""Nothing about the network: the add-on vpc-cni has its own role for that."""

LONGEST_NAME = 64
"""IAM's limit on the length of role names."""


def role_name(place: Place, cluster: str, part: str) -> str:
    """Unique in the account: no part contains a dot, so no other combination of environment, component and cluster gives this name."""
    return f"{place.environment}.{place.component}.{cluster}.{part}"


def parts(cluster: Cluster) -> list[str]:
    """The roles of a cluster, by the last part of their addresses."""
    own = cluster.own
    found = [] if own.role_arn else ["cluster"]
    found += ["nodes"] if cluster.node_groups and not own.node_role_arn else []
    found += [NODES] if cluster.has_karpenter else []
    found += ["fargate"] if cluster.fargate_profiles and not own.fargate_role_arn else []
    found += [f"addon-{name}" for name in with_own_role(cluster)]
    found += [f"pod-{name}" for name in sorted({*cluster.controllers, *cluster.pod_identities})]
    return found + [f"irsa-{name}" for name in sorted(cluster.irsa_roles)]


def with_own_role(cluster: Cluster) -> list[str]:
    """The add-ons that need AWS rights and get them through a role of ours."""
    return sorted(name for name, addon in cluster.addons.items() if name in RIGHTS and not addon.role_arn)


def roles(cluster: Cluster, place: Place, tags: Mapping[str, Any]) -> Iterator[Resource]:
    """Every role of a cluster. ``tags``: the tags of all resources of the cluster, without a name."""

    def role(part: str, trust: Mapping[str, Any], managed: list[str], inline: Mapping[str, Any] | None = None) -> Resource:
        properties: dict[str, Any] = {
            "role_name": role_name(place, cluster.name, part),
            "assume_role_policy_document": trust,
            "managed_policy_arns": managed,
            "tags": {**tags, "Name": f"{cluster.aws_name}-{part}"},
        }
        properties |= {"inline_policy": inline} if inline else {}
        return Resource("iam_role", f"{cluster.name}/{part}", place.role(properties))

    made = parts(cluster)
    if "cluster" in made:
        use = use_of_key(cluster)
        yield role("cluster", service_trust("eks", place), [place.aws_policy("AmazonEKSClusterPolicy")], policy(use) if use else None)
    for part in ("nodes", NODES):
        if part in made:
            managed = [*(place.aws_policy(name) for name in NODE_POLICIES), *cluster.own.node_managed_policy_arns]
            yield role(part, service_trust("ec2", place, ours=False), managed)
    if "fargate" in made:
        managed = [place.aws_policy("AmazonEKSFargatePodExecutionRolePolicy")]
        yield role("fargate", fargate_trust(cluster, place), managed, fargate_logs(cluster, place))
    for name in with_own_role(cluster):
        rights = RIGHTS[name]
        trust = pod_trust(cluster, place, rights.namespace, rights.service_account)
        if name == CNI and cluster.ip_family == IPV6:
            yield role(f"addon-{name}", trust, [], policy(*cni_statements(place.partition)))
        else:
            yield role(f"addon-{name}", trust, [place.aws_policy(one) for one in rights.managed_policies])
    scene = scene_of(cluster, place)
    for name in cluster.controllers:
        controller = CONTROLLERS[name]
        trust = pod_trust(cluster, place, controller.namespace, controller.service_account)
        yield role(f"pod-{name}", trust, [], policy(*controller.statements(scene)))
    for name, pod in sorted(cluster.pod_identities.items()):
        yield role(f"pod-{name}", pod_trust(cluster, place, pod.namespace, pod.service_account), list(pod.managed_policy_arns), pod.policy)
    for name, pod in sorted(cluster.irsa_roles.items()):
        trust = service_account_trust(cluster, pod.namespace, pod.service_account)
        yield role(f"irsa-{name}", trust, list(pod.managed_policy_arns), pod.policy)


def scene_of(cluster: Cluster, place: Place) -> Scene:
    return Scene(
        cluster.aws_name,
        place.environment,
        place.region,
        place.account_id,
        place.partition,
        node_role=ref(f"iam_role.{cluster.name}/{NODES}", "arn"),
        queue=queue_name(place.environment, place.component, cluster.name),
    )


def service_trust(service: str, place: Place, ours: bool = True) -> dict[str, Any]:
    """A service of AWS may assume the role; where it states on whose behalf, for this account only (instances do not state it).

    EC2 has a different service name in China; EKS does not.
    """
    suffix = ".cn" if service == "ec2" and place.partition == "aws-cn" else ""
    statement: dict[str, Any] = {
        "Effect": "Allow",
        "Principal": {"Service": f"{service}.amazonaws.com{suffix}"},
        "Action": "sts:AssumeRole" if service == "ec2" else ["sts:AssumeRole", "sts:TagSession"],
    }
    return policy({**statement, "Condition": {"StringEquals": {"aws:SourceAccount": place.account_id}}} if ours else statement)


def fargate_trust(cluster: Cluster, place: Place) -> dict[str, Any]:
    """Fargate may assume the role for profiles of this cluster."""
    profiles = place.arn("eks", f"fargateprofile/{cluster.aws_name}/*")
    return policy(
        {
            "Effect": "Allow",
            "Principal": {"Service": "eks-fargate-pods.amazonaws.com"},
            "Action": "sts:AssumeRole",
            "Condition": {"ArnLike": {"aws:SourceArn": profiles}},
        }
    )


def pod_trust(cluster: Cluster, place: Place, namespace: str, service_account: str) -> dict[str, Any]:
    """EKS Pod Identity may assume the role for the pods of one service account in this cluster.

    The session tags that it sends identify the pod (docs.aws.amazon.com/eks/latest/userguide/pod-id-abac.html).
    """
    whose = {
        "aws:SourceAccount": place.account_id,
        "aws:RequestTag/eks-cluster-name": cluster.aws_name,
        "aws:RequestTag/kubernetes-namespace": namespace,
        "aws:RequestTag/kubernetes-service-account": service_account,
    }
    return policy(
        {
            "Effect": "Allow",
            "Principal": {"Service": "pods.eks.amazonaws.com"},
            "Action": ["sts:AssumeRole", "sts:TagSession"],
            "Condition": {"StringEquals": whose},
        }
    )


def service_account_trust(cluster: Cluster, namespace: str, service_account: str) -> dict[str, Any]:
    """The bearer of a service account token signed by this cluster may assume the role.

    A pattern of service accounts needs StringLike: StringEquals compares * as a character, and such a trust never matches.
    """
    issuer = f"eks_cluster.{cluster.name}"
    subject = Ref(issuer, "oidc_provider", suffix=":sub")
    audience = Ref(issuer, "oidc_provider", suffix=":aud")
    whose = {subject: f"system:serviceaccount:{namespace}:{service_account}"}
    client = {audience: "sts.amazonaws.com"}
    pattern = any(sign in service_account for sign in "*?")
    return policy(
        {
            "Effect": "Allow",
            "Principal": {"Federated": ref(f"iam_oidc_provider.{cluster.name}", "arn")},
            "Action": "sts:AssumeRoleWithWebIdentity",
            "Condition": {"StringEquals": client, "StringLike": whose} if pattern else {"StringEquals": {**whose, **client}},
        }
    )


def use_of_key(cluster: Cluster) -> dict[str, Any] | None:
    """The permissions that the control plane needs on the secrets key; None if there is no such key."""
    if cluster.own.secrets_key_arn == NO_KEY:
        return None
    return {
        "Sid": "Secrets",
        "Effect": "Allow",
        "Action": ["kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:ListGrants"],
        "Resource": cluster.own.secrets_key_arn or ref(f"kms_key.{cluster.name}/secrets", "arn"),
    }


def fargate_logs(cluster: Cluster, place: Place) -> dict[str, Any]:
    """The Fargate log router writes to one group, which is created here, so it needs no right to create any."""
    return policy(write_logs(place, f"{log_group_name(cluster, 'fargate')}:*"))


def log_group_name(cluster: Cluster, part: str = "cluster") -> str:
    """EKS writes the control plane's logs to ``cluster``; that name is fixed."""
    return f"/aws/eks/{cluster.aws_name}/{part}"
