# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The resources that a component's clusters consist of.

``build`` is the table of contents: one function for each part of a cluster. Addresses are ``<kind>.<cluster>`` for parts that occur once,
and ``<kind>.<cluster>/<part>`` for the rest. References name what must exist before a create call; ``after`` names what must be finished
before a resource is created or changed: a new version goes from the control plane through its network to the nodes and beyond.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ...aws.place import Place
from ...aws.policies import key_policy, logs_use_of_key
from ...kinds.foreign_rules import OF_CLUSTERS
from ...reconcile.model import Ref, Resource, ref
from .karpenter import karpenter_parts
from .launch_templates import launch_template_data
from .roles import log_group_name, parts, roles, with_own_role
from .settings.access import entries_of
from .settings.addons import AGENT, BEFORE_NODES, RIGHTS, Offer, Offers, after, chosen, configuration_of
from .settings.cluster import NO_KEY, Addon, Cluster
from .settings.controllers import CONTROLLERS, LOGS
from .settings.identities import PodRole
from .settings.ipv6 import with_prefixes
from .settings.node_groups import NodeGroup
from .settings.placement import waits_for_profiles
from .settings.pod_networking import with_pod_subnets

Installed = Mapping[str, str]
"""address of an add-on -> its installed version."""


def build(clusters: Mapping[str, Cluster], place: Place, offers: Offers, installed: Installed) -> list[Resource]:
    """Every resource of these clusters. They must have passed validate.py: their errors are not checked again."""
    found: list[Resource] = []
    for name in sorted(clusters):
        cluster = clusters[name]
        part = ClusterParts(cluster, place)
        found += part.key()
        found += part.log_groups()
        found += roles(cluster, place, part.tags())
        found += part.cluster()
        found += part.access_entries()
        found += part.addons(offers, installed)
        found += part.oidc_provider()
        found += part.node_groups()
        found += part.fargate_rules()
        found += part.fargate_profiles()
        found += part.pod_identities()
        found += karpenter_parts(cluster, place, part.tags)
    return found


@dataclass(frozen=True)
class ClusterParts:
    """The parts of one cluster."""

    one: Cluster
    place: Place

    def tags(self, part: str | None = None, more: Mapping[str, str] | None = None) -> dict[str, str]:
        """The user's tags and, if a part is given, a name; the more specific tag wins."""
        name = {} if part is None else {"Name": "-".join(word for word in (self.one.aws_name, part) if word)}
        return {**self.place.tags, **self.one.tags, **name, **(more or {})}

    def name(self, part: str) -> str:
        return f"{self.one.name}/{part}"

    @property
    def cluster_name(self) -> Ref:
        return ref(f"eks_cluster.{self.one.name}")

    def role_arn(self, part: str) -> Ref:
        return ref(f"iam_role.{self.name(part)}", "arn")

    def after_role(self, part: str) -> tuple[str, ...]:
        """The address of a role that must be finished first, if the role is created here."""
        return (f"iam_role.{self.name(part)}",) if part in parts(self.one) else ()

    def secrets_key(self) -> dict[str, str | Ref]:
        own = self.one.own.secrets_key_arn
        return {} if own == NO_KEY else {"secrets_key_arn": own or self.key_arn}

    @property
    def key_arn(self) -> Ref:
        return ref(f"kms_key.{self.name('secrets')}", "arn")

    def key(self) -> Iterator[Resource]:
        """One key for the secrets in etcd and for the cluster's logs."""
        logs = logs_use_of_key(self.place, "CloudWatchLogsOfThisCluster", f"/aws/eks/{self.one.aws_name}/*")
        properties = {
            "description": f"Secrets and logs of the EKS cluster {self.one.aws_name}",
            "policy": key_policy(self.place, logs),
            "enable_key_rotation": True,
            "alias": f"alias{self.place.path}{self.name('secrets')}",
            "tags": self.tags("secrets"),
        }
        yield Resource("kms_key", self.name("secrets"), properties)

    def log_groups(self) -> Iterator[Resource]:
        """The control plane's group must exist before the cluster, or EKS creates one that keeps its logs forever and unencrypted."""
        yield self.log_group("cluster", self.one.name)
        if self.one.fargate_profiles:
            yield self.log_group("fargate", self.name("fargate"))
        if LOGS in self.one.controllers:
            yield self.log_group("containers", self.name("containers"))

    def log_group(self, part: str, name: str) -> Resource:
        properties = {
            "log_group_name": log_group_name(self.one, part),
            "kms_key_id": self.key_arn,
            "retention_in_days": self.one.log_retention_in_days,
            "tags": self.tags(f"{part}-logs"),
        }
        return Resource("cluster_log_group", name, properties)

    def cluster(self) -> Iterator[Resource]:
        one = self.one
        properties = {
            "cluster_name": one.aws_name,
            "role_arn": one.own.role_arn or self.role_arn("cluster"),
            "version": one.version,
            **({"vpc_id": one.vpc_id} if one.vpc_id else {}),
            "subnet_ids": list(one.subnet_ids),
            "security_group_ids": list(one.security_group_ids),
            "endpoint_public_access": one.endpoint.public,
            "endpoint_private_access": one.endpoint.private,
            # EKS keeps the CIDR blocks of an endpoint that is not public, and reports the whole internet if none were ever given
            **({"public_access_cidrs": list(one.endpoint.public_cidrs)} if one.endpoint.public else {}),
            "log_types": list(one.log_types),
            **self.secrets_key(),
            **({"service_ipv4_cidr": one.service_ipv4_cidr} if one.service_ipv4_cidr else {}),
            "ip_family": one.ip_family,
            "upgrade_policy": one.upgrade_policy,
            "deletion_protection": one.deletion_protection,
            "authentication_mode": "API",
            # EKS creates an entry for the creator, which would conflict with an entry for the same principal in access
            "creator_is_admin": one.creator_is_admin and not entries_of(one, self.place.caller),
            "bootstrap_self_managed_addons": False,
            "tags": self.tags(""),
        }
        yield Resource("eks_cluster", one.name, properties, (f"cluster_log_group.{one.name}", *self.after_role("cluster")))

    def access_entries(self) -> Iterator[Resource]:
        for name, entry in sorted(self.one.access.items()):
            properties: dict[str, Any] = {
                "cluster_name": self.cluster_name,
                "principal_arn": entry.principal_arn,
                "type": entry.type,
                **({"username": entry.username} if entry.username else {}),
                "tags": self.tags(name, entry.tags),
            }
            if entry.type == "STANDARD":
                policies = {key: scope if isinstance(scope, str) else list(scope) for key, scope in entry.policies.items()}
                properties |= {"kubernetes_groups": list(entry.kubernetes_groups), "policies": policies}
            yield Resource("eks_access_entry", self.name(name), properties)

    def addons(self, offers: Offers, installed: Installed) -> Iterator[Resource]:
        for name, addon in sorted(self.one.addons.items()):
            address = f"eks_addon.{self.name(name)}"
            version = chosen(name, addon.version, installed.get(address), offers.get((name, self.one.version), Offer()))
            properties: dict[str, Any] = {
                "cluster_name": self.cluster_name,
                "addon_name": name,
                **({"addon_version": version} if version else {}),
                "configuration": self.configuration(name, addon),
                "resolve_conflicts": "OVERWRITE",
                "tags": self.tags(name),
            }
            profiles = waits_for_profiles(addon, self.one.fargate_profiles.values(), bool(self.one.node_groups))
            waits = after(name, self.one.name, self.one.addons, self.one.node_groups, profiles)
            if name in RIGHTS and (addon.role_arn or name in with_own_role(self.one)):
                properties["pod_identity_role_arn"] = addon.role_arn or self.role_arn(f"addon-{name}")
                properties["pod_identity_service_account"] = RIGHTS[name].service_account
                waits += () if addon.role_arn else (f"iam_role.{self.name(f'addon-{name}')}",)
            # a new version is meant for the control plane's new version, so it waits for that update
            yield Resource("eks_addon", self.name(name), properties, (f"eks_cluster.{self.one.name}", *waits))

    def configuration(self, name: str, addon: Addon) -> dict[str, Any]:
        own = with_prefixes(name, configuration_of(name, addon.configuration, bool(self.one.node_groups)), self.one.ip_family)
        return with_pod_subnets(name, own, self.one.pod_subnets)

    def oidc_provider(self) -> Iterator[Resource]:
        if self.one.irsa_roles:
            properties = {
                "url": ref(f"eks_cluster.{self.one.name}", "oidc_issuer"),
                "client_id_list": ["sts.amazonaws.com"],
                "tags": self.tags("oidc"),
            }
            yield Resource("iam_oidc_provider", self.one.name, properties)

    def node_groups(self) -> Iterator[Resource]:
        for name, group in sorted(self.one.node_groups.items()):
            yield self.launch_template(name, group)
            yield self.node_group(name, group)

    def launch_template(self, name: str, group: NodeGroup) -> Resource:
        properties = {
            "launch_template_name": f"{self.one.aws_name}-{name}",
            "data": launch_template_data(group, self.one.node_security_group_ids, self.tags(name, group.tags)),
            "tags": self.tags(name, group.tags),
        }
        return Resource("launch_template", self.name(name), properties)

    def node_group(self, name: str, group: NodeGroup) -> Resource:
        template = f"launch_template.{self.name(name)}"
        properties: dict[str, Any] = {
            "cluster_name": self.cluster_name,
            "nodegroup_name": name,
            "node_role": self.one.own.node_role_arn or self.role_arn("nodes"),
            "subnet_ids": list(group.subnet_ids or self.one.subnet_ids),
            "instance_types": list(group.instance_types),
            "ami_type": group.ami_type,
            "capacity_type": group.capacity_type,
            "launch_template_id": ref(template),
            "launch_template_version": ref(template, "latest_version"),
            "version": self.one.version,
            **({"release_version": group.release_version} if group.release_version else {}),
            "min_size": group.min_size,
            "max_size": group.max_size,
            "node_count" if group.sized else "desired_size": group.desired_size,
            "labels": dict(group.labels),
            "taints": [dict(taint) for taint in group.taints],
            "update_config": dict(group.update),
            "tags": self.tags(name, group.tags),
        }
        if not group.autoscaled:
            properties |= {
                "schedules": {key: dict(schedule) for key, schedule in group.scaling.schedules.items()},
                "target_cpu_percent": group.scaling.target_cpu_percent,
            }
        network = tuple(f"eks_addon.{self.name(one)}" for one in BEFORE_NODES if one in self.one.addons)
        waits = (f"eks_cluster.{self.one.name}", *self.after_role("nodes"), template, *network)
        # a target that was removed is stated explicitly, or its policy would remain
        given = {key: value for key, value in properties.items() if value is not None or key == "target_cpu_percent"}
        return Resource("eks_nodegroup", self.name(name), given, waits)

    def fargate_rules(self) -> Iterator[Resource]:
        """Pods on Fargate have the cluster's own group, and nodes have others: these rules let both reach each other, such as for DNS.

        Giving the nodes the cluster's group instead would replace all of them with the first profile.
        """
        if not self.one.fargate_profiles:
            return
        own = ref(f"eks_cluster.{self.one.name}", "cluster_security_group_id")
        for number, nodes in enumerate(self.one.node_security_group_ids, 1):
            for part, group, peer, egress in (
                ("fargate-to-nodes", nodes, own, False),
                ("nodes-to-fargate", own, nodes, False),
                ("out-to-fargate", nodes, own, True),
            ):
                name = part if number == 1 else f"{part}-{number}"
                properties = {
                    "group_id": group,
                    "is_egress": egress,
                    "ip_protocol": "-1",
                    "peer_group_id": peer,
                    "description": f"{OF_CLUSTERS}nodes and pods on Fargate of {self.one.aws_name}",
                    "tags": self.tags(name),
                }
                yield Resource("security_group_rule", self.name(name), properties)

    def fargate_profiles(self) -> Iterator[Resource]:
        waits = (*self.after_role("fargate"), f"cluster_log_group.{self.name('fargate')}")
        for name, profile in sorted(self.one.fargate_profiles.items()):
            properties = {
                "cluster_name": self.cluster_name,
                "fargate_profile_name": name,
                "pod_execution_role_arn": self.one.own.fargate_role_arn or self.role_arn("fargate"),
                "subnet_ids": list(profile.subnet_ids or self.one.subnet_ids),
                "selectors": [dict(selector) for selector in profile.selectors],
                "tags": self.tags(name, profile.tags),
            }
            yield Resource("eks_fargate_profile", self.name(name), properties, waits)

    def pod_identities(self) -> Iterator[Resource]:
        """Which role the pods of a service account have. The agent that delivers its credentials on the nodes comes first."""
        agent = (f"eks_addon.{self.name(AGENT)}",) if AGENT in self.one.addons else ()
        controllers = [PodRole(name, "", CONTROLLERS[name].namespace, CONTROLLERS[name].service_account) for name in self.one.controllers]
        for name, pod in sorted((pod.name, pod) for pod in (*controllers, *self.one.pod_identities.values())):
            properties = {
                "cluster_name": self.cluster_name,
                "namespace": pod.namespace,
                "service_account": pod.service_account,
                "role_arn": self.role_arn(f"pod-{name}"),
                "tags": self.tags(name, pod.tags),
            }
            yield Resource("eks_pod_identity_association", self.name(name), properties, (f"iam_role.{self.name(f'pod-{name}')}", *agent))
