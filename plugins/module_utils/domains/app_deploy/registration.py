# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The entry of applications in the registry of domains. What an application consists of is in a cluster, so it has no AWS kinds."""

from __future__ import annotations

from ...component.registration import Details, Registration


def load() -> Details:
    from ...aws.grants import GLOBAL, REGIONAL, Grant, Permissions, arn, each, typed
    from ...aws.operations import operations
    from .addresses import SERVICES as ADDRESSES
    from .needs import SERVICES

    zones = Grant((arn("route53", "hostedzone/*", region="", account_id=""),))
    repositories = Grant((typed("ecr", "repository"),))
    return Details(
        kinds={},
        services=tuple(dict.fromkeys((*SERVICES, *ADDRESSES))),
        permissions=Permissions(
            reads={
                "eks:DescribeCluster": (REGIONAL,),
                **each("ecr", "BatchGetImage DescribeImages GetDownloadUrlForLayer", repositories),
                **each(
                    "elasticloadbalancing",
                    "DescribeListeners DescribeLoadBalancers DescribeRules DescribeTags DescribeTargetGroups",
                    REGIONAL,
                ),
                "cloudwatch:GetMetricData": (REGIONAL,),
                "route53:ListHostedZones": (GLOBAL,),
                "route53:ListResourceRecordSets": (zones,),
                "route53:GetChange": (Grant((arn("route53", "change/*", region="", account_id=""),)),),
            },
            writes={
                **each("ecr", "BatchDeleteImage PutImage", repositories),
                "route53:ChangeResourceRecordSets": (zones,),
            },
        ),
        reads={
            "way to the cluster": operations("eks", "describe_cluster"),
            "images": operations("ecr", "batch_get_image describe_images get_download_url_for_layer"),
            "load balancer": operations("elbv2", "describe_load_balancers"),
            "weights of the load balancer": operations("elbv2", "describe_listeners describe_rules describe_tags describe_target_groups"),
            "metrics": operations("cloudwatch", "get_metric_data"),
            "records": operations("route53", "get_change list_hosted_zones list_resource_record_sets"),
        },
        applying={
            "tags that protect images": operations("ecr", "batch_delete_image put_image"),
            "changes of records": operations("route53", "change_resource_record_sets"),
        },
    )


REGISTRATION = Registration(name="app_deploy", role="app_deploy", variable="app_deploy_services", order=(), load=load)
