# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The entry of the domain s3_cdn in the registry of domains."""

from __future__ import annotations

from ...component.registration import Details, Registration


def load() -> Details:
    from ...aws.operations import operations
    from ...kinds.permissions import UNUSED
    from .domain import KINDS, SERVICES
    from .names import names
    from .permissions import PERMISSIONS
    from .samples import samples

    return Details(
        kinds=KINDS,
        services=SERVICES,
        permissions=PERMISSIONS,
        reads={
            "public access block of the account": operations("s3control", "get_public_access_block"),
            "managed rule groups": operations("wafv2", "describe_managed_rule_group"),
            "what a deletion destroys": operations("s3", "get_object_lock_configuration"),
            "whether certificates cover aliases": operations("acm", "describe_certificate"),
            "zones of aliases": operations("route53", "list_hosted_zones"),
            "flat-rate plans of distributions": operations("pricing-plan-manager", "list_subscriptions"),
            "content of sites": operations("s3", "get_object list_objects_v2"),
        },
        applying={
            "emptying a bucket": operations("s3", "delete_objects"),
            "content of sites": (*operations("s3", "put_object"), *operations("cloudfront", "create_invalidation get_invalidation")),
        },
        unused={
            "iam:UpdateRole": "the roles that replicate have no description",
            "iam:AttachRolePolicy": "the roles that replicate have no managed policies",
            "logs:AssociateKmsKey": "WAF's log groups have no key of the component's",
            "logs:DeleteRetentionPolicy": UNUSED["logs:DeleteRetentionPolicy"],
            "logs:DisassociateKmsKey": "WAF's log groups have no key of the component's",
            **{name: why for name, why in UNUSED.items() if name.startswith(("iam:", "kms:"))},
        },
        names=names,
        samples=samples,
    )


REGISTRATION = Registration(
    name="s3_cdn",
    role="s3_cdn",
    variable="s3_cdn_buckets",
    order=(
        "bucket_key",
        "iam_role",
        "s3_bucket",
        "origin_access_control",
        "cache_policy",
        "origin_request_policy",
        "response_headers_policy",
        "cloudfront_function",
        "vpc_origin",
        "cloudfront_distribution",
        "delivery_source",
        "delivery_destination",
        "delivery",
        "waf_ip_set",
        "waf_log_group",
        "waf_web_acl",
        "origin_secret",
    ),
    load=load,
)
