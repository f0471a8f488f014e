# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The entry of applications in the registry of domains. What an application consists of is in a cluster, so it has no AWS kinds."""

from __future__ import annotations

from dataclasses import replace

from ...component.registration import Details, Registration


def load() -> Details:
    from ...aws.grants import GLOBAL, REGIONAL, Grant, Permissions, arn, each, equals, typed
    from ...aws.operations import operations
    from ...recovery.tags import MANAGED_BY
    from ...snapshot_gate.judging.naming import MODULE
    from .addresses import SERVICES as ADDRESSES
    from .needs import SERVICES
    from .record_names import names, of_our_hosts
    from .surroundings import lookups_of_host

    zones = Grant((arn("route53", "hostedzone/*", region="", account_id=""),))
    origins = Grant((arn("secretsmanager", "secret:/mainstay/{environment}/*/origin*"),))
    # Images may be in the registry of another account, whose repositories have policies that have to allow it, too.
    repositories = Grant((arn("ecr", "repository/*", region="*", account_id="*"),))
    instances = tuple(arn("rds", f"{kind}:*") for kind in ("db", "snapshot", "cluster", "cluster-snapshot"))
    new, own = (Grant(instances, (equals(f"aws:{kind}/{MANAGED_BY}", MODULE),)) for kind in ("RequestTag", "ResourceTag"))
    return Details(
        kinds={},
        services=tuple(dict.fromkeys((*SERVICES, *ADDRESSES))),
        permissions=Permissions(
            reads={
                "eks:DescribeCluster": (REGIONAL,),
                **each("ecr", "BatchGetImage DescribeImages GetDownloadUrlForLayer", repositories),
                **each("rds", "DescribeAccountAttributes DescribeDBInstances DescribeDBSnapshots DescribeDBSnapshotAttributes", REGIONAL),
                **each("rds", "DescribeDBClusters DescribeDBClusterSnapshots DescribeDBClusterSnapshotAttributes", REGIONAL),
                "kms:DescribeKey": (Grant((typed("kms", "key"),)),),
                "cloudwatch:GetMetricStatistics": (REGIONAL,),
                **each(
                    "elasticloadbalancing",
                    "DescribeListeners DescribeLoadBalancers DescribeRules DescribeTags DescribeTargetGroups",
                    REGIONAL,
                ),
                "cloudwatch:GetMetricData": (REGIONAL,),
                "wafv2:GetWebACLForResource": (REGIONAL,),
                # The value of a secret header, in plans, too: whether the load balancer admits it is compared.
                "secretsmanager:GetSecretValue": (origins,),
                "route53:ListHostedZones": (GLOBAL,),
                "route53:ListResourceRecordSets": (zones,),
                "route53:GetChange": (Grant((arn("route53", "change/*", region="", account_id=""),)),),
            },
            writes={
                **each("ecr", "BatchDeleteImage PutImage", repositories),
                "route53:ChangeResourceRecordSets": (replace(zones, conditions=(of_our_hosts,)),),
                **each("rds", "CreateDBSnapshot CreateDBClusterSnapshot AddTagsToResource", new),
                **each("rds", "DeleteDBSnapshot DeleteDBClusterSnapshot", own),
            },
        ),
        names=names,
        lookups=lookups_of_host,
        reads={
            "way to the cluster": operations("eks", "describe_cluster"),
            "images": operations("ecr", "batch_get_image describe_images get_download_url_for_layer"),
            "load balancer": (*operations("elbv2", "describe_load_balancers"), *operations("wafv2", "get_web_acl_for_resource")),
            "secret header of the load balancer": operations("secretsmanager", "get_secret_value"),
            "weights of the load balancer": operations("elbv2", "describe_listeners describe_rules describe_tags describe_target_groups"),
            "metrics": operations("cloudwatch", "get_metric_data"),
            "records": operations("route53", "get_change list_hosted_zones list_resource_record_sets"),
            "snapshots of databases": (
                *operations(
                    "rds", "describe_account_attributes describe_db_instances describe_db_snapshots describe_db_snapshot_attributes"
                ),
                *operations("rds", "describe_db_clusters describe_db_cluster_snapshots describe_db_cluster_snapshot_attributes"),
                *operations("kms", "describe_key"),
                *operations("cloudwatch", "get_metric_statistics"),
            ),
        },
        applying={
            "tags that protect images": operations("ecr", "batch_delete_image put_image"),
            "changes of records": operations("route53", "change_resource_record_sets"),
            "snapshots of the gate": (
                *operations("rds", "add_tags_to_resource create_db_cluster_snapshot create_db_snapshot"),
                *operations("rds", "delete_db_cluster_snapshot delete_db_snapshot"),
            ),
        },
    )


REGISTRATION = Registration(
    name="app_deploy", role="app_deploy", variable="app_deploy_services", order=(), load=load, named_in="app_deploy_ingress"
)
