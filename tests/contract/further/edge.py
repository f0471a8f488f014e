# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What web ACLs and secret headers add to an account: how they are counted, and cases that the smallest ones do not cover."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from ansible_collections.mainstay.aws.plugins.module_utils.aws.operations import Operation
from ansible_collections.mainstay.aws.plugins.module_utils.aws.place import Place
from ansible_collections.mainstay.aws.plugins.module_utils.aws.samples import Drift, Sample
from ansible_collections.mainstay.aws.plugins.module_utils.domains.s3_cdn.kinds.origin_secret import OriginSecret
from ansible_collections.mainstay.aws.plugins.module_utils.domains.s3_cdn.kinds.waf_kind import CLOUDFRONT, GLOBAL_REGION, REGIONAL
from ansible_collections.mainstay.aws.plugins.module_utils.domains.s3_cdn.samples_origin_secrets import origin_secret
from ansible_collections.mainstay.aws.plugins.module_utils.domains.s3_cdn.samples_web_acls import rule, visibility
from ansible_collections.mainstay.aws.plugins.module_utils.domains.s3_cdn.settings.web_acls import LOG_PREFIX
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.model import Kind, Resource, ref
from rehearsal.testing import Cloud
from tests.contract.account import Count, listed
from tests.contract.further.shared import ELSEWHERE, FEW, MANY


def web_acl_with_logs(place: Place) -> Sample:
    """For CloudFront, whose region is the suite's. It then logs no longer, and counts what it blocked. Tags are removed."""
    name = f"{place.environment}-{place.component}-logs"
    logs = {"log_group_name": f"{LOG_PREFIX}{name}", "retention_in_days": 7}
    group = Resource("waf_log_group", "logs", logs)
    logging = {"destination": ref(group.address, "arn"), "redacted": ["cookie", "query_string"], "filter": None}
    body = {"RequestBody": {"CLOUDFRONT": {"DefaultSizeInspectionLimit": "KB_32"}}}
    acl = {"web_acl_name": name, "default_action": {"Allow": {}}, "rules": [rule(100)], "visibility": visibility(name), "association": body}
    return Sample(
        Resource("waf_web_acl", "logs", {"scope": CLOUDFRONT, **acl, "logging": logging, "tags": MANY}),
        needs=(group,),
        change={"logging": None, "rules": [], "tags": FEW},
        drift=Drift(
            Operation("wafv2", "delete_logging_configuration"),
            lambda one: {"ResourceArn": one.id},
            "logging",
        ),
    )


def addresses_elsewhere(place: Place) -> Sample:
    """Their tags are removed."""
    properties = {"ip_set_name": f"{place.environment}-{place.component}-far", "ip_address_version": "IPV6", "addresses": ["2001:db8::/32"]}
    return Sample(
        Resource("waf_ip_set", "far", {"region": ELSEWHERE, "scope": REGIONAL, **properties, "tags": MANY}),
        change={"tags": FEW},
        drift=Drift(Operation("wafv2", "untag_resource"), lambda one: {"ResourceARN": one.id, "TagKeys": ["team"]}, "tags"),
    )


def in_all_scopes(method: str, items: str) -> Count:
    """In the component's region and another one, and for CloudFront."""

    def count(cloud: Cloud) -> Counter[str]:
        found = [(cloud.client("wafv2"), REGIONAL), (cloud.client("wafv2", region=ELSEWHERE), REGIONAL)]
        found.append((cloud.client("wafv2", region=GLOBAL_REGION), CLOUDFRONT))
        return Counter({items: sum(len(getattr(client, method)(Scope=scope)[items]) for client, scope in found)})

    return count


def log_groups_of_web_acls(cloud: Cloud) -> Counter[str]:
    return Counter({"waf_log_groups": len(cloud.client("logs").describe_log_groups(logGroupNamePrefix=LOG_PREFIX)["logGroups"])})


def rotated_header(place: Place) -> Sample:
    """Another value is pending. Tags are removed."""
    return Sample(
        origin_secret(place, "rotated", rotation="1", tags=MANY),
        change={"rotation": "2", "tags": FEW},
        drift=Drift(Operation("secretsmanager", "untag_resource"), lambda one: {"SecretId": one.id, "TagKeys": ["team"]}, "tags"),
    )


def pending_header(place: Place) -> Sample:
    """A value that is pending becomes the current one."""
    pending = {"SecretString": '{"password": "by-hand"}', "VersionStages": ["AWSPENDING"]}
    return Sample(
        origin_secret(place, "pending", promoted=True, description="one"),
        change={"description": "two"},
        drift=Drift(Operation("secretsmanager", "put_secret_value"), lambda one: {"SecretId": one.id, **pending}, "promoted"),
    )


def origin_secrets_kind(desired: Sequence[Resource]) -> Kind:
    """A deleted secret whose name is desired is restored."""
    return OriginSecret([str(one.properties["secret_name"]) for one in desired])


def deleted_header(place: Place) -> Sample:
    """Deleted by hand, which can be undone for some time."""
    return Sample(
        origin_secret(place, "deleted", description="one"),
        change={"description": "two"},
        drift=Drift(Operation("secretsmanager", "delete_secret"), lambda one: {"SecretId": one.id}, "deletion_date"),
    )


COUNTS = {
    "origin_secret": listed("secretsmanager", "list_secrets", "SecretList"),
    "waf_ip_set": in_all_scopes("list_ip_sets", "IPSets"),
    "waf_log_group": log_groups_of_web_acls,
    "waf_web_acl": in_all_scopes("list_web_acls", "WebACLs"),
}
CONFIGURED = {"origin_secret": origin_secrets_kind}
FURTHER = {
    "s3_cdn": {
        "web_acl_with_logs": web_acl_with_logs,
        "addresses_elsewhere": addresses_elsewhere,
        "rotated_header": rotated_header,
        "pending_header": pending_header,
        "deleted_header": deleted_header,
    }
}
