"""Web ACLs as AWS treats them, and moto does not: lock tokens, references, managed rule groups, logging, scopes."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from .conftest import CheckedCloud

VISIBLE = {"SampledRequestsEnabled": True, "CloudWatchMetricsEnabled": True, "MetricName": "shop"}
COMMON = "AWSManagedRulesCommonRuleSet"


@contextlib.contextmanager
def refused(code: str) -> Iterator[None]:
    with pytest.raises(ClientError) as caught:
        yield
    assert caught.value.response["Error"]["Code"] == code


@pytest.fixture
def waf(cloud: CheckedCloud) -> Any:
    return cloud.client("wafv2")


def rule(name: str, statement: dict[str, Any], priority: int = 0, **action: Any) -> dict[str, Any]:
    return {"Name": name, "Priority": priority, "Statement": statement, "VisibilityConfig": {**VISIBLE, "MetricName": name}, **action}


def managed(name: str, *counted: str, **more: Any) -> dict[str, Any]:
    overrides = [{"Name": one, "ActionToUse": {"Count": {}}} for one in counted]
    statement = {"VendorName": "AWS", "Name": name, **({"RuleActionOverrides": overrides} if overrides else {})}
    return rule(name, {"ManagedRuleGroupStatement": statement}, OverrideAction={"None": {}}, **more)


def rate(limit: int, **more: Any) -> dict[str, Any]:
    return rule("rate", {"RateBasedStatement": {"Limit": limit, "AggregateKeyType": "IP", **more}}, Action={"Block": {}})


def acl(waf: Any, *rules: dict[str, Any], name: str = "shop", scope: str = "REGIONAL") -> dict[str, Any]:
    found: dict[str, Any] = waf.create_web_acl(
        Name=name, Scope=scope, DefaultAction={"Allow": {}}, VisibilityConfig=VISIBLE, Rules=list(rules), Tags=[{"Key": "a", "Value": "b"}]
    )["Summary"]
    return found


def ip_set(waf: Any) -> dict[str, Any]:
    made: dict[str, Any] = waf.create_ip_set(Name="bad", Scope="REGIONAL", IPAddressVersion="IPV4", Addresses=["192.0.2.0/24"])["Summary"]
    return made


def updated(waf: Any, one: dict[str, Any], token: str, *rules: dict[str, Any]) -> str:
    keys = {"Name": one["Name"], "Id": one["Id"], "Scope": "REGIONAL"}
    reply = waf.update_web_acl(**keys, LockToken=token, DefaultAction={"Allow": {}}, VisibilityConfig=VISIBLE, Rules=list(rules))
    return str(reply["NextLockToken"])


def test_a_change_needs_the_token_of_the_last_one(waf: Any) -> None:
    one = acl(waf, rate(100))
    token = updated(waf, one, one["LockToken"], rate(200))
    with refused("WAFOptimisticLockException"):
        updated(waf, one, one["LockToken"], rate(300))
    with refused("WAFOptimisticLockException"):
        waf.delete_web_acl(Name="shop", Id=one["Id"], Scope="REGIONAL", LockToken=one["LockToken"])
    updated(waf, one, token)
    live = waf.get_web_acl(ARN=one["ARN"])
    assert live["WebACL"]["Rules"] == [], "an update replaces everything"
    waf.delete_web_acl(Name="shop", Id=one["Id"], Scope="REGIONAL", LockToken=live["LockToken"])
    with refused("WAFNonexistentItemException"):
        waf.get_web_acl(ARN=one["ARN"])


def test_what_is_referred_to_is_not_deleted(waf: Any) -> None:
    addresses = ip_set(waf)
    one = acl(waf, rule("bad", {"IPSetReferenceStatement": {"ARN": addresses["ARN"]}}, Action={"Block": {}}))
    keys = {"Name": "bad", "Id": addresses["Id"], "Scope": "REGIONAL"}
    with refused("WAFAssociatedItemException"):
        waf.delete_ip_set(**keys, LockToken=addresses["LockToken"])
    updated(waf, one, one["LockToken"])
    waf.delete_ip_set(**keys, LockToken=addresses["LockToken"])
    with refused("WAFNonexistentItemException"):
        acl(waf, rule("bad", {"IPSetReferenceStatement": {"ARN": addresses["ARN"]}}, Action={"Block": {}}), name="other")


def test_what_was_just_created_is_not_known_everywhere(cloud: CheckedCloud, waf: Any) -> None:
    cloud.admin.settings(propagation_seconds=0.5)
    addresses = ip_set(waf)
    using = rule("bad", {"IPSetReferenceStatement": {"ARN": addresses["ARN"]}}, Action={"Block": {}})
    with refused("WAFUnavailableEntityException"):
        acl(waf, using)
    time.sleep(0.5)
    acl(waf, using)


def test_managed_groups_tell_the_names_of_their_rules(waf: Any) -> None:
    found = waf.describe_managed_rule_group(VendorName="AWS", Name=COMMON, Scope="REGIONAL")
    assert (found["Capacity"], "SizeRestrictions_BODY" in [one["Name"] for one in found["Rules"]]) == (700, True)
    one = acl(waf, managed(COMMON, "SizeRestrictions_BODY"), managed("AWSManagedRulesSQLiRuleSet", priority=1))
    assert waf.get_web_acl(ARN=one["ARN"])["WebACL"]["Capacity"] == 900
    with refused("WAFNonexistentItemException"):
        waf.describe_managed_rule_group(VendorName="AWS", Name="OWASP", Scope="REGIONAL")


@pytest.mark.parametrize(
    ("rules", "code"),
    [
        ([managed(COMMON, "SizeRestriction_BODY")], "WAFInvalidParameterException"),
        ([managed("None")], "WAFNonexistentItemException"),
        ([rate(100, EvaluationWindowSec=61)], "WAFInvalidParameterException"),
        ([rate(100), rate(200)], "WAFInvalidParameterException"),
        ([managed(COMMON), managed("AWSManagedRulesSQLiRuleSet")], "WAFInvalidParameterException"),
        ([{**managed(COMMON), "Action": {"Block": {}}}], "WAFInvalidParameterException"),
        ([{**managed(COMMON, priority=n), "Name": str(n)} for n in range(8)], "WAFLimitsExceededException"),
    ],
)
def test_rules_that_are_refused(waf: Any, rules: list[dict[str, Any]], code: str) -> None:
    with refused(code):
        acl(waf, *rules)


def test_web_acls_for_cloudfront_are_in_one_region(cloud: CheckedCloud, waf: Any) -> None:
    with refused("WAFInvalidParameterException"):
        waf.list_web_acls(Scope="CLOUDFRONT")
    there = cloud.client("wafv2", region="us-east-1")
    one = acl(there, scope="CLOUDFRONT")
    assert ":global/webacl/shop/" in one["ARN"]
    assert there.list_tags_for_resource(ResourceARN=one["ARN"])["TagInfoForResource"]["TagList"] == [{"Key": "a", "Value": "b"}]
    assert there.list_web_acls(Scope="REGIONAL")["WebACLs"] == []
    with refused("WAFInvalidParameterException"):
        there.associate_web_acl(WebACLArn=one["ARN"], ResourceArn="arn:aws:elasticloadbalancing:us-east-1:1:loadbalancer/app/a/b")


def test_names_are_used_once(waf: Any) -> None:
    acl(waf)
    with refused("WAFDuplicateItemException"):
        acl(waf)


def test_a_load_balancer_has_one_web_acl(cloud: CheckedCloud, waf: Any, subnet_ids: list[str]) -> None:
    elb = cloud.client("elbv2")
    balancer = elb.create_load_balancer(Name="shop", Subnets=subnet_ids, Type="application")["LoadBalancers"][0]["LoadBalancerArn"]
    first, second = acl(waf), acl(waf, name="other")
    for one in (first, second):
        waf.associate_web_acl(WebACLArn=one["ARN"], ResourceArn=balancer)
    assert waf.list_resources_for_web_acl(WebACLArn=first["ARN"])["ResourceArns"] == []
    assert waf.list_resources_for_web_acl(WebACLArn=second["ARN"])["ResourceArns"] == [balancer]
    assert waf.list_resources_for_web_acl(WebACLArn=second["ARN"], ResourceType="API_GATEWAY")["ResourceArns"] == []
    with refused("WAFAssociatedItemException"):
        waf.delete_web_acl(Name="other", Id=second["Id"], Scope="REGIONAL", LockToken=second["LockToken"])
    elb.delete_load_balancer(LoadBalancerArn=balancer)
    waf.delete_web_acl(Name="other", Id=second["Id"], Scope="REGIONAL", LockToken=second["LockToken"])
    with refused("WAFUnavailableEntityException"):
        waf.associate_web_acl(WebACLArn=first["ARN"], ResourceArn=balancer)


def test_logs_go_to_destinations_with_one_beginning(cloud: CheckedCloud, waf: Any) -> None:
    one, logs = acl(waf), cloud.client("logs")
    for name in ("aws-waf-logs-shop", "waf"):
        logs.create_log_group(logGroupName=name)
    prefix = f"arn:aws:logs:{cloud.region}:{cloud.account_id}:log-group:"

    def put(destination: str) -> Any:
        return waf.put_logging_configuration(LoggingConfiguration={"ResourceArn": one["ARN"], "LogDestinationConfigs": [destination]})

    for wrong in (f"{prefix}waf", f"{prefix}aws-waf-logs-none", f"{prefix}aws-waf-logs-shop:*", "arn:aws:s3:::aws-waf-logs-none"):
        with refused("WAFInvalidParameterException"):
            put(wrong)
    assert put(f"{prefix}aws-waf-logs-shop")["LoggingConfiguration"]["LogType"] == "WAF_LOGS"
    assert len(waf.list_logging_configurations(Scope="REGIONAL")["LoggingConfigurations"]) == 1
    waf.delete_logging_configuration(ResourceArn=one["ARN"])
    with refused("WAFNonexistentItemException"):
        waf.get_logging_configuration(ResourceArn=one["ARN"])
