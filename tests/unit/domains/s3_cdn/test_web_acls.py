# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Web ACLs: what is rejected, and the rules that settings turn into."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.mainstay.aws.plugins.module_utils.aws.place import Place
from ansible_collections.mainstay.aws.plugins.module_utils.domains.s3_cdn import managed_groups
from ansible_collections.mainstay.aws.plugins.module_utils.domains.s3_cdn.managed_groups import Said
from ansible_collections.mainstay.aws.plugins.module_utils.domains.s3_cdn.resources_web_acls import build
from ansible_collections.mainstay.aws.plugins.module_utils.domains.s3_cdn.settings.web_acls import WebAcl, WebAcls, read_web_acls
from ansible_collections.mainstay.aws.plugins.module_utils.inputs.problems import Problems
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.model import Ref, Resource

PLACE = Place("prod", "edge", "af-south-1", "111122223333")
COMMON = "AWSManagedRulesCommonRuleSet"


def read(**given: Any) -> tuple[WebAcls, list[str]]:
    problems = Problems()
    found = read_web_acls({"main": {"scopes": ["cloudfront"], **given}}, "web_acls", "prod-edge-", problems)
    return found, problems.messages


def built(**given: Any) -> dict[str, Resource]:
    found, problems = read(**given)
    assert problems == []
    return {one.address: one for one in build(found, PLACE)}


def rules(**given: Any) -> dict[str, dict[str, Any]]:
    acl = next(one for address, one in built(**given).items() if address.startswith("waf_web_acl."))
    return {rule["Name"]: rule for rule in acl.properties["rules"]}


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"scopes": []}, "web_acls.main.scopes is missing: name what it protects"),
        ({"scopes": ["nlb"]}, "web_acls.main.scopes[0] is 'nlb', but a scope is one of cloudfront, alb"),
        ({"default_action": "block"}, "no IP set is allowed, so that every request would be blocked"),
        ({"managed_groups": {"owasp": {}}}, "web_acls.main.managed_groups.owasp is no managed rule group; valid names are"),
        ({"managed_groups": {"commen": {}}}, "did you mean common?"),
        ({"managed_groups": {"common": {"rules": {"SizeRestrictions_BODY": "off"}}}}, "an action is one of block, count"),
        ({"managed_groups": {"common": {"rule": {}}}}, "managed_groups.common.rule is not a setting; did you mean rules?"),
        ({"managed_groups": {"AWSManagedRulesATPRuleSet": {}}}, "WAF takes this group only with the path of the login page"),
        ({"managed_groups": {"AWSManagedRulesATPRuleSet": {"configuration": ["/login"]}}}, "it must be a mapping"),
        ({"rate_limits": {"all": {}}}, "web_acls.main.rate_limits.all.limit is missing"),
        ({"rate_limits": {"all": {"limit": 5}}}, "it must be a whole number from 10 to 2000000000"),
        ({"rate_limits": {"all": {"limit": 100, "window": 90}}}, "it must be one of 60, 120, 300, 600 seconds"),
        ({"rate_limits": {"all": {"limit": 100, "action": "allow"}}}, "it must be one of block, count"),
        ({"rate_limits": {"all": {"limit": 100, "starts_with": "login"}}}, "it must be the beginning of a path"),
        ({"ip_sets": {"bad": {}}}, "list blocks of addresses, or set owner: external"),
        ({"ip_sets": {"bad": {"addresses": ["192.0.2.1/24"]}}}, "it must be a block of addresses without host bits"),
        ({"ip_sets": {"bad": {"addresses": ["0.0.0.0/0"]}}}, "it must be a block of addresses without host bits"),
        ({"ip_sets": {"bad": {"addresses": ["192.0.2.0/24", "2001:db8::/32"]}}}, "make one set for each"),
        ({"logging": {"destination": "arn:aws:s3:::logs"}}, "whose name begins with aws-waf-logs-"),
        ({"logging": {"destination": "arn:aws:logs:af-south-1:111122223333:log-group:aws-waf-logs-x:*"}}, "without :* at its end"),
        ({"logging": {"redact": ["Authorization"]}}, "name a header in lower case"),
        ({"logging": {"retention_days": 8}}, "CloudWatch Logs supports only these periods"),
        ({"inspected_body_kb": 8}, "for cloudfront, WAF inspects one of 16, 32, 48, 64 KB"),
        ({"name": "shop acl"}, "letters, digits, hyphens, and underscores"),
        ({"shield": True}, "web_acls.main.shield is not a setting"),
    ],
)
def test_what_is_rejected(given: dict[str, Any], said: str) -> None:
    assert said in "\n".join(read(**given)[1])


def test_the_usual_groups_count_large_bodies() -> None:
    found = rules()
    assert list(found) == ["ip-reputation", "common", "known-bad-inputs", "sql-injection"]
    assert [rule["Priority"] for rule in found.values()] == [0, 1, 2, 3]
    statement = found["common"]["Statement"]["ManagedRuleGroupStatement"]
    assert statement["RuleActionOverrides"] == [{"Name": "SizeRestrictions_BODY", "ActionToUse": {"Count": {}}}]
    assert found["common"]["OverrideAction"] == {"None": {}}


@pytest.mark.parametrize(
    ("group", "overrides", "override"),
    [
        ({"rules": {"SizeRestrictions_BODY": "block"}}, {"SizeRestrictions_BODY": "Block"}, "None"),
        ({"rules": {"NoUserAgent_HEADER": "allow"}}, {"NoUserAgent_HEADER": "Allow", "SizeRestrictions_BODY": "Count"}, "None"),
        ({"count": True}, {"SizeRestrictions_BODY": "Count"}, "Count"),
    ],
)
def test_overrides_by_name(group: dict[str, Any], overrides: dict[str, str], override: str) -> None:
    rule = rules(managed_groups={"common": group})["common"]
    found = rule["Statement"]["ManagedRuleGroupStatement"]["RuleActionOverrides"]
    assert {one["Name"]: next(iter(one["ActionToUse"])) for one in found} == overrides
    assert rule["OverrideAction"] == {override: {}}


def test_allowed_addresses_come_before_everything() -> None:
    found = rules(
        managed_groups={},
        rate_limits={"login": {"limit": 20, "window": 60, "starts_with": "/api/login", "action": "challenge"}},
        ip_sets={"bad": {"addresses": ["192.0.2.0/24"]}, "office": {"addresses": ["198.51.100.0/24"], "action": "allow"}},
    )
    assert [(name, next(iter(rule["Action"]))) for name, rule in found.items()] == [
        ("ip-office", "Allow"),
        ("ip-bad", "Block"),
        ("rate-login", "Challenge"),
    ]
    statement = found["rate-login"]["Statement"]["RateBasedStatement"]
    assert statement["ScopeDownStatement"]["ByteMatchStatement"]["SearchString"] == "/api/login"


def test_one_description_protects_both_scopes() -> None:
    """What is for CloudFront is in us-east-1, the rest in the component's region."""
    found = built(scopes=["cloudfront", "alb"], ip_sets={"bad": {"addresses": ["192.0.2.0/24"]}})
    assert {address: one.properties.get("region", "") for address, one in found.items()} == {
        "waf_ip_set.main/cloudfront/bad": "us-east-1",
        "waf_log_group.main/cloudfront": "us-east-1",
        "waf_web_acl.main/cloudfront": "us-east-1",
        "waf_ip_set.main/alb/bad": "",
        "waf_log_group.main/alb": "",
        "waf_web_acl.main/alb": "",
    }
    acl = found["waf_web_acl.main/alb"].properties
    assert (acl["web_acl_name"], acl["scope"]) == ("prod-edge-main-alb", "REGIONAL")
    assert acl["rules"][0]["Statement"]["IPSetReferenceStatement"]["ARN"] == Ref("waf_ip_set.main/alb/bad", "arn")


def test_addresses_of_others_are_only_given_at_the_start() -> None:
    found = built(ip_sets={"bad": {"owner": "external", "ip_version": 6}})["waf_ip_set.main/cloudfront/bad"].properties
    assert (found["initial_addresses"], found["ip_address_version"]) == ([], "IPV6")
    assert "addresses" not in found


def test_logs_lack_what_logs_a_person_in() -> None:
    found = built(logging={"only": ["block"]})["waf_web_acl.main/cloudfront"].properties["logging"]
    assert found["redacted"] == ["authorization", "cookie"]
    assert found["filter"]["DefaultBehavior"] == "DROP"
    assert built(logging=False)["waf_web_acl.main/cloudfront"].properties["logging"] is None
    own = built(logging={"destination": "arn:aws:s3:::aws-waf-logs-shop"})
    assert list(own) == ["waf_web_acl.main/cloudfront"]


SAID = Said(True, 700, ("SizeRestrictions_BODY", "NoUserAgent_HEADER"))


@pytest.mark.parametrize(
    ("groups", "said", "wrong"),
    [
        ({"common": {}}, SAID, ""),
        ({"common": {"rules": {"SizeRestriction_BODY": "count"}}}, SAID, "did you mean SizeRestrictions_BODY?"),
        ({"common": {"version": "Version_9"}}, Said(False), "in version Version_9, which AWS WAF does not offer to this account"),
        ({"common": {}}, Said(True, 5001, SAID.rules), "needs 5001 web ACL capacity units, but a web ACL has up to 5000"),
    ],
)
def test_what_aws_would_refuse(groups: dict[str, Any], said: Said, wrong: str) -> None:
    """AWS changes its groups, so their rules are asked for and not listed here."""
    acls, problems = read(managed_groups=groups)
    assert problems == []
    found = list(managed_groups.problems(acls, answers(acls, said)))
    assert wrong in "\n".join(found)
    assert bool(found) == bool(wrong)


def answers(acls: WebAcls, said: Said) -> dict[managed_groups.Group, Said]:
    only: WebAcl = acls["main"]
    return {managed_groups.group_of(scope, group): said for scope in only.scopes for group in only.groups}


def test_what_costs_more_is_said() -> None:
    acls, _problems = read(managed_groups={"AWSManagedRulesBotControlRuleSet": {}}, rate_limits={"all": {"limit": 1000}})
    found = list(managed_groups.notes(acls, answers(acls, Said(True, 1499))))
    assert ["1501 WCU for cloudfront" in found[0], "costs 10 USD a month" in found[1]] == [True, True]
