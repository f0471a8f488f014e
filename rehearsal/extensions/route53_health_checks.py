"""Health checks as Route 53 keeps them: one for each caller reference, and updates that leave alone what they do not name.

moto creates another one for a repeated reference, cannot unset anything, and forgets the regions with every update. No endpoint is
asked here.
"""

from __future__ import annotations

from typing import Any

from rehearsal.registry import Call, adjusts, answers, refuses
from rehearsal.replies import Refusal

MOST_IN_A_PAGE = 100
MEMBERS = {
    "IPAddress": "ip_address",
    "Port": "port",
    "Type": "type_",
    "ResourcePath": "resource_path",
    "FullyQualifiedDomainName": "fqdn",
    "SearchString": "search_string",
    "RequestInterval": "request_interval",
    "FailureThreshold": "failure_threshold",
    "MeasureLatency": "measure_latency",
    "Inverted": "inverted",
    "Disabled": "disabled",
    "EnableSNI": "enable_sni",
    "Regions": "regions",
}
"""member of HealthCheckConfig -> attribute of moto's health check."""


def described(check: Any) -> dict[str, Any]:
    config = {member: value for member, name in MEMBERS.items() if (value := getattr(check, name)) not in (None, [])}
    version = check.health_check_version
    return {"Id": check.id, "CallerReference": check.caller_reference, "HealthCheckConfig": config, "HealthCheckVersion": version}


@answers("route53", "CreateHealthCheck")
def create(call: Call) -> Any:
    config = dict(call.get("HealthCheckConfig") or {})
    _check(config)
    given = {MEMBERS[member].rstrip("_"): value for member, value in config.items()}
    reference = str(call.get("CallerReference"))
    there = next((one for one in call.backend.health_checks.values() if one.caller_reference == reference), None)
    if there is not None:
        if vars(there)["_rehearsal_created"] != config:
            raise Refusal("HealthCheckAlreadyExists", "A health check with the same caller reference and other settings exists.", 409)
        return _created(there)
    made = call.backend.create_health_check(reference, given)
    vars(made)["_rehearsal_created"] = config
    return _created(made)


def _created(check: Any) -> dict[str, Any]:
    return {"HealthCheck": described(check), "Location": f"https://route53.amazonaws.com/2013-04-01/healthcheck/{check.id}"}


def _check(config: dict[str, Any]) -> None:
    kind, matching = str(config.get("Type")), bool(config.get("SearchString"))
    if not config.get("IPAddress") and not config.get("FullyQualifiedDomainName"):
        raise Refusal("InvalidInput", "Either an IP address or a fully qualified domain name is required.")
    if kind.endswith("_STR_MATCH") != matching:
        need = "must not" if matching else "must"
        raise Refusal("InvalidInput", f"{kind} health checks {need} have a search string.")
    if kind == "TCP" and (config.get("ResourcePath") or not config.get("Port")):
        raise Refusal("InvalidInput", "Basic TCP health checks must have a port and no resource path.")
    if config.get("EnableSNI") and not kind.startswith("HTTPS"):
        raise Refusal("InvalidInput", "EnableSNI is for HTTPS health checks only.")


@answers("route53", "ListHealthChecks")
def listed(call: Call) -> Any:
    """In pages, as moto's are not."""
    most, found = int(call.get("MaxItems") or MOST_IN_A_PAGE), list(call.backend.health_checks.values())
    start = next((place for place, one in enumerate(found) if one.id == call.get("Marker")), 0)
    page, rest = found[start : start + most], found[start + most :]
    more = {"NextMarker": rest[0].id} if rest else {}
    return {
        "HealthChecks": [described(one) for one in page],
        **({"Marker": call.get("Marker")} if call.get("Marker") else {}),
        "IsTruncated": bool(rest),
        "MaxItems": str(most),
        **more,
    }


@answers("route53", "GetHealthCheck")
def one(call: Call) -> Any:
    return {"HealthCheck": described(_of(call))}


@answers("route53", "UpdateHealthCheck")
def update(call: Call) -> Any:
    check = _of(call)
    given = {member: call.get(member) for member in MEMBERS if call.get(member) is not None}
    if given.get("IPAddress") and not check.ip_address:
        raise Refusal("InvalidInput", "You can't add an IP address to a health check without one.")
    changed = {**described(check)["HealthCheckConfig"], **given}
    for name in call.get("ResetElements") or []:
        changed.pop(name, None)
    _check(changed)
    for member, name in MEMBERS.items():
        setattr(check, name, changed.get(member))
    check.health_check_version += 1
    return {"HealthCheck": described(check)}


def _of(call: Call) -> Any:
    check = call.backend.health_checks.get(call.get("HealthCheckId"))
    if check is None:
        raise Refusal("NoSuchHealthCheck", f"A health check with id {call.get('HealthCheckId')} does not exist.", 404)
    return check


@refuses("route53", "DeleteHealthCheck")
def unknown(call: Call) -> None:
    """moto deletes what does not exist."""
    _of(call)


@adjusts("route53")
def forget_tags_of_deleted_checks() -> None:
    from moto.route53.models import Route53Backend

    original = Route53Backend.delete_health_check

    def delete(self: Any, health_check_id: str) -> Any:
        done = original(self, health_check_id)
        self.resource_tags.pop(health_check_id, None)
        return done

    Route53Backend.delete_health_check = delete
