# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Registers the EKS domain with the code that handles all domains."""

from __future__ import annotations

from ...component.registration import Details, Registration


def load() -> Details:
    from ...aws.operations import operations
    from ...kinds.permissions import UNUSED
    from .domain import KINDS, SERVICES
    from .names import names
    from .operations.drain.permissions import DELETES, READS
    from .permissions import PERMISSIONS
    from .roles import NODE_POLICIES
    from .samples import samples
    from .settings.addons import RIGHTS

    managed = {
        *("AmazonEKSClusterPolicy", "AmazonEKSFargatePodExecutionRolePolicy", *NODE_POLICIES),
        *(name for rights in RIGHTS.values() for name in rights.managed_policies),
    }
    return Details(
        kinds=KINDS,
        services=SERVICES,
        permissions=PERMISSIONS,
        reads={
            "versions": operations("eks", "describe_addon_versions describe_cluster_versions"),
            "networks": operations("ec2", "describe_instance_types describe_route_tables describe_subnets"),
            "upgrades": operations(
                "eks",
                "describe_addon describe_addon_versions describe_cluster describe_cluster_versions describe_insight describe_nodegroup "
                "list_addons list_insights list_nodegroups",
            ),
            "node images": operations("ec2", "describe_images"),
            "what nodes reach": operations(
                "ec2", "describe_internet_gateways describe_nat_gateways describe_route_tables describe_subnets describe_vpc_endpoints"
            ),
            "settings of add-ons": operations("eks", "describe_addon_configuration"),
            "what controllers made": READS,
        },
        applying={"what controllers left": DELETES},
        unused={
            "iam:UpdateRole": "the roles of a cluster have no description",
            **UNUSED,
        },
        attachable=tuple(f"arn:aws:iam::aws:policy/{name}" for name in sorted(managed)),
        names=names,
        samples=samples,
    )


REGISTRATION = Registration(
    name="eks",
    role="eks",
    variable="eks_clusters",
    order=(
        "cluster_log_group",
        "eks_cluster",
        "eks_access_entry",
        "iam_oidc_provider",
        "security_group_rule",
        "launch_template",
        "eks_nodegroup",
        "eks_fargate_profile",
        "eks_addon",
        "eks_pod_identity_association",
        "iam_instance_profile",
        "sqs_queue",
        "events_rule",
    ),
    load=load,
)
