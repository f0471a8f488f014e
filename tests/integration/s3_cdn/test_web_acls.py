# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The life of web ACLs in both scopes: a plan from nothing, an apply, again, changes by others, and what is deleted last."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ansible_collections.mainstay.aws.plugins.module_utils.domains.s3_cdn.kinds.waf_kind import WafKind, parts_of
from rehearsal.testing import Cloud
from tests.integration.module_runs import ModuleRuns
from tests.integration.site import ACCOUNT, Requests, summary, touched

from .support import EVERYTHING, REGION, Site

COMMON = "AWSManagedRulesCommonRuleSet"
MAIN: dict[str, Any] = {
    "scopes": ["cloudfront", "alb"],
    "rate_limits": {"login": {"limit": 20, "window": 60, "starts_with": "/api/login"}},
    "ip_sets": {"bad": {"addresses": ["192.0.2.0/24"]}, "found": {"owner": "external"}},
}
ADDRESSES = {
    f"{kind}.main/{scope}{each}"
    for scope in ("cloudfront", "alb")
    for kind, each in (("waf_ip_set", "/bad"), ("waf_ip_set", "/found"), ("waf_log_group", ""), ("waf_web_acl", ""))
}


def waf(cloud: Cloud, scope: str = "alb") -> Any:
    return cloud.client("wafv2", region="us-east-1" if scope == "cloudfront" else REGION)


def live(cloud: Cloud, scope: str = "alb") -> dict[str, Any]:
    """The web ACL as boto3 finds it, with its lock token."""
    client, in_waf = waf(cloud, scope), {"alb": "REGIONAL", "cloudfront": "CLOUDFRONT"}[scope]
    (one,) = client.list_web_acls(Scope=in_waf)["WebACLs"]
    found: dict[str, Any] = client.get_web_acl(ARN=one["ARN"])
    return {**found["WebACL"], "LockToken": found["LockToken"]}


def by_hand(cloud: Cloud, **changes: Any) -> None:
    """Somebody changes the regional web ACL."""
    now = live(cloud)
    kept = {name: now[name] for name in ("DefaultAction", "Rules", "VisibilityConfig", "LockToken")}
    waf(cloud).update_web_acl(**{**kept, **parts_of(now["ARN"]), **changes})


def test_the_whole_life(site: Site) -> None:
    desired = site.desired({}, web_acls={"main": MAIN})
    assert summary(site.plan(desired)) == dict.fromkeys(ADDRESSES, "create")
    site.apply(desired)
    _as_described(site)

    requests = Requests(site.cloud)
    assert summary(site.plan(desired)) == {}
    site.apply(desired)
    assert requests.changes() == []

    by_hand(site.cloud, DefaultAction={"Block": {}}, Rules=[])
    assert touched(site.plan(desired)) == {"waf_web_acl.main/alb": {"default_action", "rules"}}
    requests = Requests(site.cloud)
    site.apply(desired)
    assert requests.changes() == ["wafv2:UpdateWebACL"], "one call, whatever differs"

    fewer = site.desired({}, web_acls={"main": {**MAIN, "ip_sets": {"found": MAIN["ip_sets"]["found"]}, "logging": False}})
    requests = Requests(site.cloud)
    site.apply(fewer, purge=EVERYTHING)
    calls = requests.changes()
    assert calls.count("wafv2:UpdateWebACL") == calls.count("wafv2:DeleteIPSet") == calls.count("wafv2:DeleteLoggingConfiguration") == 2
    assert summary(site.plan(fewer)) == {}
    site.destroy()
    assert site.ids() == {}


def _as_described(site: Site) -> None:
    cloud = site.cloud
    for scope in ("cloudfront", "alb"):
        acl = live(cloud, scope)
        assert acl["Name"] == f"prod-storage-main-{scope}"
        names = ["ip-bad", "ip-found", "rate-login", "ip-reputation", "common", "known-bad-inputs", "sql-injection"]
        assert [rule["Name"] for rule in acl["Rules"]] == names
        (override,) = acl["Rules"][4]["Statement"]["ManagedRuleGroupStatement"]["RuleActionOverrides"]
        assert override == {"Name": "SizeRestrictions_BODY", "ActionToUse": {"Count": {}}}
        match = acl["Rules"][2]["Statement"]["RateBasedStatement"]["ScopeDownStatement"]["ByteMatchStatement"]
        assert match["SearchString"] == b"/api/login"
        logging = waf(cloud, scope).get_logging_configuration(ResourceArn=acl["ARN"])["LoggingConfiguration"]
        assert logging["LogDestinationConfigs"][0].endswith(f":log-group:aws-waf-logs-prod-storage-main-{scope}")
        assert {one["SingleHeader"]["Name"] for one in logging["RedactedFields"]} == {"authorization", "cookie"}
        tags = waf(cloud, scope).list_tags_for_resource(ResourceARN=acl["ARN"])["TagInfoForResource"]["TagList"]
        assert {"Key": "mainstay:address", "Value": f"waf_web_acl.main/{scope}"} in tags


def test_addresses_that_others_found_stay(site: Site) -> None:
    desired = site.desired({}, web_acls={"main": {**MAIN, "scopes": ["alb"]}})
    site.apply(desired)
    (found,) = [one for one in waf(site.cloud).list_ip_sets(Scope="REGIONAL")["IPSets"] if one["Name"].endswith("-found")]
    waf(site.cloud).update_ip_set(**parts_of(found["ARN"]), LockToken=found["LockToken"], Addresses=["203.0.113.7/32"])
    assert summary(site.plan(desired)) == {}


def test_what_somebody_changes_meanwhile_is_not_overwritten(site: Site, monkeypatch: Any) -> None:
    """Another property is no conflict: the change goes on top of it, with the new lock token."""
    site.apply(site.desired({}, web_acls={"main": {**MAIN, "scopes": ["alb"]}}))
    changed = site.desired({}, web_acls={"main": {**MAIN, "scopes": ["alb"], "rate_limits": {}}})
    refuse = WafKind._refuse_other_changes

    def meanwhile(**changes: Any) -> None:
        """Once the live document was read and compared, somebody changes it."""
        waiting = [changes]

        def check(self: Any, *arguments: Any) -> None:
            refuse(self, *arguments)
            if waiting:
                by_hand(site.cloud, **waiting.pop())

        monkeypatch.setattr(WafKind, "_refuse_other_changes", check)

    meanwhile(Rules=[])
    (failure,) = site.try_apply(changed).failures
    assert (failure.code, failure.hint) == ("ChangedMeanwhile", "Run again.")
    assert live(site.cloud)["Rules"] == []

    meanwhile(Description="by hand")
    site.apply(changed)
    now = live(site.cloud)
    assert "rate-login" not in [rule["Name"] for rule in now["Rules"]]
    assert now["Description"] == "by hand", "what the settings do not have stays"


def test_what_was_just_created_is_waited_for(site: Site) -> None:
    site.cloud.admin.settings(propagation_seconds=1.0)
    site.apply(site.desired({}, web_acls={"main": {**MAIN, "scopes": ["alb"]}}))
    assert len(live(site.cloud)["Rules"]) == 7


def test_rules_that_a_group_does_not_have_are_refused_before_the_first_change(cloud: Cloud, tmp_path: Path) -> None:
    runs = ModuleRuns(cloud, tmp_path)
    owner = {"environment": "prod", "component": "storage", "region": REGION, "expected_account_id": ACCOUNT}
    acls = {"main": {"scopes": ["cloudfront"], "managed_groups": {"common": {"rules": {"SizeRestriction_BODY": "count"}}}}}
    found = runs.run_module("s3_cdn", {**owner, "web_acls": acls}, "plan")
    assert f"SizeRestriction_BODY is no rule of {COMMON}; did you mean SizeRestrictions_BODY?" in found["msg"]
    acls["main"]["managed_groups"] = {"common": {}, "AWSManagedRulesBotControlRuleSet": {}}
    planned = runs.run_module("s3_cdn", {**owner, "web_acls": acls}, "plan")
    assert "AWSManagedRulesBotControlRuleSet costs 10 USD a month" in planned["plan"]["note"]
    assert planned["outputs"]["web_acls"] == {"main": {"cloudfront": {"arn": "(known after apply)", "name": "(known after apply)"}}}


def test_a_distribution_has_the_web_acl_of_its_component(site: Site) -> None:
    """Made before it, and deleted after it."""
    main = {"scopes": ["cloudfront"], "logging": False, "managed_groups": {"common": {}}}
    shop = {"origins": {"api": {"domain_name": "api.example.com"}}, "default": {"origin": "api"}, "web_acl": "main"}
    desired = site.desired({}, web_acls={"main": main}, distributions={"shop": shop})
    site.apply(desired)
    (found,) = site.cloud.client("cloudfront").list_distributions()["DistributionList"]["Items"]
    assert found["WebACLId"] == live(site.cloud, "cloudfront")["ARN"]
    assert summary(site.plan(desired)) == {}
    site.apply([], purge=("*", "cloudfront_distribution.*"))
    assert site.ids() == {}
