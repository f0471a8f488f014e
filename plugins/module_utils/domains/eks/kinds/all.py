# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""All kinds that belong to the EKS domain alone."""

from __future__ import annotations

from collections.abc import Iterable

from ....reconcile.model import Kind
from .access_entry import EksAccessEntry
from .addon import EksAddon
from .cluster import EksCluster
from .cluster_log_group import ClusterLogGroup
from .fargate_profile import EksFargateProfile
from .launch_template import LaunchTemplate
from .nodegroup import EksNodegroup
from .oidc_provider import IamOidcProvider
from .pod_identity import EksPodIdentityAssociation
from .security_group_rule import SecurityGroupRule

IN_CLUSTERS = (EksCluster, EksAccessEntry, EksAddon, EksNodegroup, EksFargateProfile, EksPodIdentityAssociation)
BESIDE = (LaunchTemplate, IamOidcProvider, ClusterLogGroup, SecurityGroupRule)


def eks_kinds(clusters: Iterable[str] = ()) -> dict[str, Kind]:
    """The kinds by name. ``clusters``: the AWS names of the described clusters, which saves a round of reads.

    Give all kinds the same names: they share the list of existing clusters.
    """
    names = tuple(clusters)
    return {kind.name: kind for kind in (*(cls(names) for cls in IN_CLUSTERS), *(cls() for cls in BESIDE))}
