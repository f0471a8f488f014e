"""Web ACLs and the resources that they protect; where they log to."""

from __future__ import annotations

from typing import Any

from rehearsal.extensions.wafv2_items import Item, associated, by_arn, home, missing, settled
from rehearsal.registry import Call, answers, backend
from rehearsal.replies import Refusal

LOG_PREFIX = "aws-waf-logs-"
TYPES = {
    "APPLICATION_LOAD_BALANCER": ":loadbalancer/app/",
    "API_GATEWAY": ":/restapis/",
    "APPSYNC": ":apis/",
    "COGNITO_USER_POOL": ":userpool/",
    "APP_RUNNER_SERVICE": ":service/",
    "VERIFIED_ACCESS_INSTANCE": ":verified-access-instance/",
}


@answers("wafv2", "GetWebACLForResource")
def for_resource(call: Call) -> Any:
    """The reply has no lock token, unlike that of GetWebACL."""
    found = call.backend.get_web_acl_for_resource(call.get("ResourceArn"))
    return {"WebACL": found.to_dict()} if found else {}


def _regional(call: Call) -> Item:
    arn = str(call.get("WebACLArn"))
    if ":global/" in arn:
        text = "Error reason: The ARN isn't valid: a web ACL for CloudFront is named by its distributions., field: WEB_ACL_ARN, parameter: "
        raise Refusal("WAFInvalidParameterException", text + arn)
    return settled(by_arn(call, arn), call.settings)


@answers("wafv2", "AssociateWebACL")
def associate(call: Call) -> Any:
    """A resource has one web ACL: another takes the place of the former."""
    item, resource = _regional(call), str(call.get("ResourceArn"))
    if TYPES["APPLICATION_LOAD_BALANCER"] in resource and resource not in backend("elbv2", call.account_id, call.region).load_balancers:
        raise Refusal("WAFUnavailableEntityException", "AWS WAF couldn't retrieve the resource that you requested. Retry your request.")
    call.backend.disassociate_web_acl(resource)
    call.backend.associate_web_acl(item.arn, resource)
    return {}


@answers("wafv2", "ListResourcesForWebACL")
def resources(call: Call) -> Any:
    part = TYPES[str(call.get("ResourceType") or "APPLICATION_LOAD_BALANCER")]
    arn = str(call.get("WebACLArn"))
    if ":global/" in arn:
        _regional(call)
    item = by_arn(call, arn)
    if item is None:
        raise missing()
    return {"ResourceArns": [one for one in associated(call, item) if part in one]}


def _destination(call: Call, arn: str) -> None:
    """Raises Refusal for a destination that WAF does not log to."""
    parts = arn.split(":")
    service, name = parts[2], parts[-1].rpartition("/")[2]
    if service == "logs" and len(parts) == 7:
        name = parts[6]
        known = any(name == one for one in backend("logs", call.account_id, parts[3]).groups)
    elif service == "s3":
        known = name in backend("s3", call.account_id, "aws").buckets
    else:
        known = service == "firehose"
    if not name.startswith(LOG_PREFIX) or not known or (service == "logs" and parts[3] != call.region):
        text = (
            "Error reason: The ARN isn't valid. A valid ARN begins with arn: and includes other information separated by colons or slashes."
        )
        raise Refusal("WAFInvalidParameterException", f"{text}, field: LOG_DESTINATION, parameter: {arn}")


@answers("wafv2", "PutLoggingConfiguration")
def put_logging(call: Call) -> Any:
    given = dict(call.get("LoggingConfiguration") or {})
    arn = str(given.get("ResourceArn"))
    item = settled(by_arn(call, arn), call.settings)
    destinations = given.get("LogDestinationConfigs") or []
    if len(destinations) != 1:
        raise Refusal(
            "WAFInvalidParameterException", "Error reason: There must be one destination., field: LOG_DESTINATION, parameter: many"
        )
    _destination(call, str(destinations[0]))
    kept = {"ManagedByFirewallManager": False, "LogType": "WAF_LOGS", "LogScope": "CUSTOMER", **given}
    home(call, item.scope).logging_configurations[arn] = kept
    return {"LoggingConfiguration": kept}


def _logging(call: Call) -> tuple[dict[str, Any], str]:
    """(the configurations beside a web ACL, its ARN)."""
    arn = str(call.get("ResourceArn"))
    item = by_arn(call, arn)
    there = home(call, item.scope).logging_configurations if item else {}
    if arn not in there:
        raise missing()
    return there, arn


@answers("wafv2", "GetLoggingConfiguration")
def get_logging(call: Call) -> Any:
    there, arn = _logging(call)
    return {"LoggingConfiguration": there[arn]}


@answers("wafv2", "DeleteLoggingConfiguration")
def delete_logging(call: Call) -> Any:
    there, arn = _logging(call)
    there.pop(arn)
    return {}


@answers("wafv2", "ListLoggingConfigurations")
def list_logging(call: Call) -> Any:
    return {"LoggingConfigurations": list(home(call, str(call.get("Scope"))).logging_configurations.values())}
