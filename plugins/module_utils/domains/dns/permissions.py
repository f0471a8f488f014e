# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""How narrowly the IAM permissions for zones and certificates can be scoped.

Route 53 has no tags in conditions, and what identifies a zone in ARNs is an ID that nobody knows beforehand (Service Authorization
Reference, Amazon Route 53). Changes of records could be limited by their names, which these policies do not do.
"""

from __future__ import annotations

from ...aws.grants import (
    GLOBAL,
    REGIONAL,
    Grant,
    Permissions,
    arn,
    each,
    keeps_mark,
    marked,
    not_others,
    request_marked,
    typed,
)

ZONES = Grant((arn("route53", "hostedzone/*", region="", account_id=""),))
CHANGES = Grant((arn("route53", "change/*", region="", account_id=""),))
CERTIFICATES = (typed("acm", "certificate"),)

PERMISSIONS = Permissions(
    reads={
        "route53:ListHostedZones": (GLOBAL,),
        **each("route53", "GetHostedZone ListResourceRecordSets ListTagsForResources", ZONES),
        "route53:GetChange": (CHANGES,),
        "acm:ListCertificates": (REGIONAL,),
        # Certificates of others may need the same validation records.
        **each("acm", "DescribeCertificate ListTagsForCertificate", Grant(CERTIFICATES)),
        "ec2:DescribeVpcs": (REGIONAL,),
    },
    writes={
        "route53:CreateHostedZone": (GLOBAL,),
        **each(
            "route53",
            "AssociateVPCWithHostedZone ChangeResourceRecordSets ChangeTagsForResource DeleteHostedZone DisassociateVPCFromHostedZone "
            "UpdateHostedZoneComment",
            ZONES,
        ),
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
