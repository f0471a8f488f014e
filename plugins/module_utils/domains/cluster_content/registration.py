# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The entry of cluster content in the registry of domains.

Its kinds are not AWS kinds: each call creates them for the API of one cluster, and their objects disappear with the cluster. So none are
registered.
"""

from __future__ import annotations

from ...component.registration import Details, Registration


def load() -> Details:
    from ...aws.grants import REGIONAL, Permissions
    from ...aws.operations import operations
    from .domain import SERVICES

    return Details(
        kinds={},
        services=SERVICES,
        permissions=Permissions(reads={"eks:DescribeCluster": (REGIONAL,)}),
        reads={"way to the cluster": operations("eks", "describe_cluster")},
    )


REGISTRATION = Registration(name="cluster_content", role="eks", variable="eks_content", order=(), load=load)
