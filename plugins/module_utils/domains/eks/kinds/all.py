# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""All kinds of the EKS domain that nobody else has."""

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

IN_CLUSTERS = (EksCluster, EksAccessEntry, EksAddon, EksNodegroup, EksFargateProfile, EksPodIdentityAssociation)
BESIDE = (LaunchTemplate, IamOidcProvider, ClusterLogGroup)


def eks_kinds(clusters: Iterable[str] = ()) -> dict[str, Kind]:
    """The kinds by name. ``clusters``: the names, in AWS, of the clusters that are described, which saves a round of reads.

    All of them have to be given the same names: they share the answer to the question which clusters there are.
    """
    names = tuple(clusters)
    return {kind.name: kind for kind in (*(cls(names) for cls in IN_CLUSTERS), *(cls() for cls in BESIDE))}
