# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The smallest web ACL, IP set, and log group, for tests that create, change and delete one of each kind."""

from __future__ import annotations

from typing import Any

from ...aws.operations import Operation
from ...aws.place import Place
from ...aws.samples import Drift, Sample
from ...kinds import samples as shared
from ...reconcile.model import Observed, Resource, ref
from .kinds.waf_kind import REGIONAL, parts_of
from .settings.web_acls import LOG_PREFIX

SCOPE = {"scope": REGIONAL}


def samples(place: Place) -> tuple[Sample, ...]:
    prefix = f"{place.environment}-{place.component}-"
    return _ip_set(prefix), shared.log_group(place, "waf_log_group", f"{LOG_PREFIX}{prefix}"), _web_acl(prefix)


def _addresses(prefix: str) -> Resource:
    properties = {**SCOPE, "ip_set_name": f"{prefix}sample", "ip_address_version": "IPV4", "addresses": ["192.0.2.0/24"]}
    return Resource("waf_ip_set", shared.NAME, properties)


def _ip_set(prefix: str) -> Sample:
    return Sample(
        _addresses(prefix),
        change={"addresses": ["192.0.2.0/24", "198.51.100.0/24"]},
        drift=Drift(Operation("wafv2", "update_ip_set"), lambda one: {**_of(one), "Addresses": ["203.0.113.0/24"]}, "addresses"),
    )


def visibility(name: str) -> dict[str, Any]:
    return {"SampledRequestsEnabled": True, "CloudWatchMetricsEnabled": True, "MetricName": name}


def rule(limit: int) -> dict[str, Any]:
    statement = {"RateBasedStatement": {"Limit": limit, "EvaluationWindowSec": 300, "AggregateKeyType": "IP"}}
    return {"Name": "rate", "Priority": 0, "Statement": statement, "Action": {"Block": {}}, "VisibilityConfig": visibility("rate")}


def _by_address(place_in_order: int) -> dict[str, Any]:
    statement = {"IPSetReferenceStatement": {"ARN": ref(f"waf_ip_set.{shared.NAME}", "arn")}}
    return {**rule(100), "Name": "ip", "Priority": place_in_order, "Statement": statement, "VisibilityConfig": visibility("ip")}


def _web_acl(prefix: str) -> Sample:
    name = f"{prefix}sample"
    properties = {
        **SCOPE,
        "web_acl_name": name,
        "default_action": {"Allow": {}},
        "rules": [rule(100), _by_address(1)],
        "visibility": visibility(name),
    }
    return Sample(
        Resource("waf_web_acl", shared.NAME, properties),
        change={"rules": [rule(200), _by_address(1)]},
        drift=Drift(Operation("wafv2", "update_web_acl"), lambda one: {**_of(one), **blocking(name, one)}, "default_action"),
        needs=(_addresses(prefix),),
    )


def blocking(name: str, one: Observed) -> dict[str, Any]:
    """What an update sets by hand: everything is blocked that no rule decides. An update replaces the rules, too."""
    return {"DefaultAction": {"Block": {}}, "Rules": one.properties["rules"], "VisibilityConfig": visibility(name)}


def _of(one: Observed) -> dict[str, Any]:
    """The parameters of an update that name what it changes."""
    return {**parts_of(one.id), "LockToken": one.attributes["lock_token"]}
