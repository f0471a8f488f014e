# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""How narrowly the IAM permissions for zones and certificates can be scoped.

Route 53 has no tags in conditions, and what identifies a zone in ARNs is an ID that is not known beforehand (Service Authorization
Reference, Amazon Route 53). Changes of records are limited by the records' names.
"""

from __future__ import annotations

from dataclasses import replace

from ...aws.grants import (
    GLOBAL,
    REGIONAL,
    Conditions,
    Grant,
    Permissions,
    Scope,
    arn,
    each,
    keeps_mark,
    marked,
    not_others,
    request_marked,
    typed,
)
from .records.domain_names import innermost

ZONES = Grant((arn("route53", "hostedzone/*", region="", account_id=""),))
CHECKS = Grant((arn("route53", "healthcheck/*", region="", account_id=""),))
BOTH = Grant((*ZONES.resources, *CHECKS.resources))
CHANGES = Grant((arn("route53", "change/*", region="", account_id=""),))
CERTIFICATES = (typed("acm", "certificate"),)

RECORD_NAMES = "route53:ChangeResourceRecordSetsNormalizedRecordNames"


def of_our_domains(scope: Scope) -> Conditions | None:
    """All records of the call are in domains of the inventory: their names in lower case, without a final dot (Route 53 Developer Guide,
    "Using IAM policy conditions for fine-grained access control").

    Without the second condition, a call without the key would meet the first one.
    """
    domains = [one for one in scope.names.domains if not innermost(one.partition(".")[2], scope.names.domains)]
    if not domains:
        return None
    return {
        "ForAllValues:StringLike": {RECORD_NAMES: [name for domain in domains for name in (domain, f"*.{domain}")]},
        "Null": {RECORD_NAMES: "false"},
    }


PERMISSIONS = Permissions(
    reads={
        **each("route53", "ListHealthChecks ListHostedZones", GLOBAL),
        **each("route53", "GetHostedZone ListResourceRecordSets", ZONES),
        "route53:GetHealthCheck": (CHECKS,),
        "route53:ListTagsForResources": (BOTH,),
        "route53:GetChange": (CHANGES,),
        "acm:ListCertificates": (REGIONAL,),
        # Certificates of others may need the same validation records.
        **each("acm", "DescribeCertificate ListTagsForCertificate", Grant(CERTIFICATES)),
        "ec2:DescribeVpcs": (REGIONAL,),
    },
    writes={
        **each("route53", "CreateHealthCheck CreateHostedZone", GLOBAL),
        **each("route53", "DeleteHealthCheck UpdateHealthCheck", CHECKS),
        "route53:ChangeTagsForResource": (BOTH,),
        **each(
            "route53",
            "AssociateVPCWithHostedZone DeleteHostedZone DisassociateVPCFromHostedZone UpdateHostedZoneComment",
            ZONES,
        ),
        "route53:ChangeResourceRecordSets": (replace(ZONES, conditions=(of_our_domains,)),),
        "acm:RequestCertificate": (Grant(("*",), (request_marked,)),),
        # Also checked as part of RequestCertificate, when the certificate has no tags yet.
        "acm:AddTagsToCertificate": (
            Grant(CERTIFICATES, (marked, keeps_mark)),
            Grant(CERTIFICATES, (request_marked, not_others)),
        ),
        **each("acm", "DeleteCertificate RemoveTagsFromCertificate", Grant(CERTIFICATES, (marked,))),
    },
    together={
        "acm:RequestCertificate": ("acm:AddTagsToCertificate",),
        # Route 53 looks at the VPC with the caller's permissions.
        "route53:CreateHostedZone": ("ec2:DescribeVpcs",),
        "route53:AssociateVPCWithHostedZone": ("ec2:DescribeVpcs",),
        "route53:DisassociateVPCFromHostedZone": ("ec2:DescribeVpcs",),
    },
)
