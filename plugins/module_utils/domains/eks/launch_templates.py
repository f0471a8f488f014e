# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Launch templates of node groups, in the form that AWS takes (RequestLaunchTemplateData)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .settings.node_groups import NodeGroup

TAGGED = ("instance", "volume", "network-interface")


def launch_template_data(group: NodeGroup, security_group_ids: Sequence[str], tags: Mapping[str, str]) -> dict[str, Any]:
    """Launch settings of the instances: credentials only for the node itself, encrypted disks, the network's security groups.

    With a hop limit of 1, pods cannot reach the instance metadata, so they never use the node's role. Instance types are left out: they are
    set on the node group. Without security groups, EKS gives the nodes the cluster's own. User data is plain text here: see
    kinds/launch_template.py.
    """
    data: dict[str, Any] = {
        "BlockDeviceMappings": devices(group),
        "MetadataOptions": {"HttpEndpoint": "enabled", "HttpPutResponseHopLimit": 1, "HttpTokens": "required"},
        "Monitoring": {"Enabled": True},
        "TagSpecifications": [
            {"ResourceType": sort, "Tags": [{"Key": key, "Value": text} for key, text in sorted(tags.items())]} for sort in TAGGED
        ],
    }
    if group.rendered_user_data:
        data["UserData"] = group.rendered_user_data
    return {**data, "SecurityGroupIds": list(security_group_ids)} if security_group_ids else data


def devices(group: NodeGroup) -> list[dict[str, Any]]:
    """The disks by image: Amazon Linux has one; Bottlerocket has its system on the first and all container data on the second."""
    disk = {"DeleteOnTermination": True, "Encrypted": True, "VolumeType": "gp3"}
    sized = {**disk, "VolumeSize": group.disk_gib}
    if group.is_bottlerocket:
        return [{"DeviceName": "/dev/xvda", "Ebs": disk}, {"DeviceName": "/dev/xvdb", "Ebs": sized}]
    return [{"DeviceName": "/dev/xvda", "Ebs": sized}]
