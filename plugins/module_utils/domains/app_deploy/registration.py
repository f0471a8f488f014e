# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The entry of applications in the registry of domains. What an application consists of is in a cluster, so it has no AWS kinds."""

from __future__ import annotations

from ...component.registration import Details, Registration


def load() -> Details:
    from ...aws.grants import REGIONAL, Grant, Permissions, each, typed
    from ...aws.operations import operations
    from .needs import SERVICES

    repositories = Grant((typed("ecr", "repository"),))
    return Details(
        kinds={},
        services=SERVICES,
        permissions=Permissions(
            reads={
                "eks:DescribeCluster": (REGIONAL,),
                **each("ecr", "BatchGetImage DescribeImages GetDownloadUrlForLayer", repositories),
            },
            writes=each("ecr", "BatchDeleteImage PutImage", repositories),
        ),
        reads={
            "way to the cluster": operations("eks", "describe_cluster"),
            "images": operations("ecr", "batch_get_image describe_images get_download_url_for_layer"),
        },
        applying={"tags that protect images": operations("ecr", "batch_delete_image put_image")},
    )


REGISTRATION = Registration(name="app_deploy", role="app_deploy", variable="app_deploy_services", order=(), load=load)
