"""Managed rule groups of AWS: their capacity, and the names and actions of their rules.

After "AWS Managed Rules rule groups list" in the AWS WAF Developer Guide. Some names do not follow from others, which is why an override by
name has to be checked.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rehearsal.registry import Call, answers
from rehearsal.replies import Refusal

VENDOR = "AWS"


@dataclass(frozen=True)
class Group:
    """``counting``: rules whose own action is Count; all others block, unless ``action`` says otherwise."""

    capacity: int
    rules: tuple[str, ...]
    counting: tuple[str, ...] = ()
    action: str = "Block"


def _on(name: str, *places: str) -> tuple[str, ...]:
    return tuple(f"{name}_{place}" for place in places)


GROUPS: Mapping[str, Group] = {
    "AWSManagedRulesCommonRuleSet": Group(
        700,
        (
            "NoUserAgent_HEADER",
            "UserAgent_BadBots_HEADER",
            "SizeRestrictions_QUERYSTRING",
            "SizeRestrictions_Cookie_HEADER",
            "SizeRestrictions_BODY",
            "SizeRestrictions_URIPATH",
            *_on("EC2MetaDataSSRF", "BODY", "COOKIE", "URIPATH", "QUERYARGUMENTS"),
            *_on("GenericLFI", "QUERYARGUMENTS", "URIPATH", "BODY"),
            *_on("RestrictedExtensions", "URIPATH", "QUERYARGUMENTS"),
            *_on("GenericRFI", "QUERYARGUMENTS", "BODY", "URIPATH"),
            *_on("CrossSiteScripting", "COOKIE", "QUERYARGUMENTS", "BODY", "URIPATH"),
        ),
    ),
    "AWSManagedRulesAdminProtectionRuleSet": Group(100, ("AdminProtection_URIPATH",)),
    "AWSManagedRulesKnownBadInputsRuleSet": Group(
        200,
        (
            *_on("JavaDeserializationRCE", "HEADER", "BODY", "URIPATH", "QUERYSTRING"),
            "Host_localhost_HEADER",
            "PROPFIND_METHOD",
            "ExploitablePaths_URIPATH",
            *_on("Log4JRCE", "HEADER", "QUERYSTRING", "BODY", "URIPATH"),
            "ReactJSRCE_BODY",
        ),
    ),
    "AWSManagedRulesSQLiRuleSet": Group(
        200,
        (
            "SQLi_QUERYARGUMENTS",
            "SQLiExtendedPatterns_QUERYARGUMENTS",
            "SQLi_BODY",
            "SQLiExtendedPatterns_BODY",
            "SQLi_COOKIE",
        ),
    ),
    "AWSManagedRulesLinuxRuleSet": Group(200, _on("LFI", "URIPATH", "QUERYSTRING", "HEADER")),
    "AWSManagedRulesUnixRuleSet": Group(100, _on("UNIXShellCommandsVariables", "QUERYSTRING", "BODY", "HEADER")),
    "AWSManagedRulesWindowsRuleSet": Group(
        200,
        (
            *_on("WindowsShellCommands", "COOKIE", "QUERYARGUMENTS", "BODY"),
            *_on("PowerShellCommands", "COOKIE", "QUERYARGUMENTS", "BODY"),
        ),
    ),
    "AWSManagedRulesPHPRuleSet": Group(100, _on("PHPHighRiskMethodsVariables", "HEADER", "QUERYSTRING", "BODY")),
    "AWSManagedRulesWordPressRuleSet": Group(100, ("WordPressExploitableCommands_QUERYSTRING", "WordPressExploitablePaths_URIPATH")),
    "AWSManagedRulesAmazonIpReputationList": Group(
        25, ("AWSManagedIPReputationList", "AWSManagedReconnaissanceList", "AWSManagedIPDDoSList"), ("AWSManagedIPDDoSList",)
    ),
    "AWSManagedRulesAnonymousIpList": Group(50, ("AnonymousIPList", "HostingProviderIPList")),
    "AWSManagedRulesBotControlRuleSet": Group(
        50,
        (
            *("CategoryAdvertising", "CategoryArchiver", "CategoryContentFetcher", "CategoryEmailClient", "CategoryHttpLibrary"),
            *("CategoryLinkChecker", "CategoryMiscellaneous", "CategoryMonitoring", "CategoryPagePreview", "CategoryScrapingFramework"),
            *("CategorySearchEngine", "CategorySecurity", "CategorySeo", "CategorySocialMedia", "CategoryWebhooks", "CategoryAI"),
            *("SignalAutomatedBrowser", "SignalKnownBotDataCenter", "SignalNonBrowserUserAgent"),
        ),
    ),
    "AWSManagedRulesAntiDDoSRuleSet": Group(50, ("ChallengeAllDuringEvent", "ChallengeDDoSRequests", "DDoSRequests"), action="Challenge"),
    "AWSManagedRulesATPRuleSet": Group(
        50, ("UnsupportedCognitoIDP", "VolumetricIpHigh", "VolumetricSession", "AttributeCompromisedCredentials")
    ),
    "AWSManagedRulesACFPRuleSet": Group(50, ("UnsupportedCognitoIDP", "AllRequests", "RiskScoreHigh", "VolumetricIpHigh")),
}


def group_of(vendor: Any, name: Any) -> Group:
    """Raises Refusal."""
    found = GROUPS.get(str(name)) if vendor == VENDOR else None
    if found is None:
        raise Refusal("WAFNonexistentItemException", "AWS WAF couldn't perform the operation because your resource doesn't exist.")
    return found


@answers("wafv2", "DescribeManagedRuleGroup")
def describe(call: Call) -> Any:
    name, group = str(call.get("Name")), group_of(call.get("VendorName"), call.get("Name"))
    rules = [{"Name": rule, "Action": {"Count" if rule in group.counting else group.action: {}}} for rule in group.rules]
    return {"Capacity": group.capacity, "Rules": rules, "LabelNamespace": f"awswaf:managed:aws:{name}:"}


@answers("wafv2", "ListAvailableManagedRuleGroups")
def available(_call: Call) -> Any:
    return {"ManagedRuleGroups": [{"VendorName": VENDOR, "Name": name, "VersioningSupported": False} for name in GROUPS]}
