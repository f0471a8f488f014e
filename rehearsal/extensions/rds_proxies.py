"""RDS Proxies: created, described, changed, and deleted."""

from __future__ import annotations

from typing import Any

from rehearsal.extensions.eks_common import role_that_trusts
from rehearsal.extensions.rds_proxy_logins import find
from rehearsal.extensions.rds_proxy_record import DEFAULT, Endpoint, Proxy, begin, domain_of, follow, proxy_of, random_name, stop_relay
from rehearsal.in_vpc import check_security_groups, subnets_by_id
from rehearsal.query_api import check_identifier, check_tags, contradictory, filtered, invalid, listed, page, pairs
from rehearsal.registry import Call, answers, backend, settles
from rehearsal.replies import Refusal
from rehearsal.transitions import moment

FAMILY = "POSTGRESQL"
SCHEMES = ("NONE", "IAM_AUTH")
LOGIN_TYPES = ("POSTGRES_SCRAM_SHA_256", "POSTGRES_MD5")
LONGEST_IDLE, USUAL_IDLE = 28_800, 1_800
LEAST_ZONES = 2
MOST_LOGINS = 200


@answers("rds", "CreateDBProxy")
def create(call: Call) -> dict[str, Any]:
    name = check_identifier(call.get("DBProxyName"), "DBProxyName")
    check_tags(call.get("Tags"))
    if call.get("EngineFamily") != FAMILY:
        raise invalid(f"Invalid engine family: {call.get('EngineFamily')}. The rehearsal cloud has {FAMILY}.")
    if name in call.backend.db_proxies:
        raise Refusal("DBProxyAlreadyExistsFault", f"DBProxy {name} already exists.")
    limit = call.settings.quotas.get("rds_proxies")
    if limit is not None and len(call.backend.db_proxies) >= limit:
        raise Refusal("DBProxyQuotaExceededFault", f"You can't create more than {limit} proxies.")
    vpc, subnets = subnets_of(call)
    groups = groups_of(call, vpc, call.get("VpcSecurityGroupIds"))
    settings = {"Auth": [], "DefaultAuthScheme": "NONE", "RequireTLS": False, "IdleClientTimeout": USUAL_IDLE, "DebugLogging": False}
    settings |= {"VpcSubnetIds": subnets, "VpcSecurityGroupIds": groups}
    proxy = Proxy(call.backend, name, vpc, settings, listed(pairs(call.get("Tags"))))
    proxy.settings = _changed(call, proxy, {"RoleArn": call.get("RoleArn")})
    proxy.__dict__["rehearsal_server"] = call.settings.databases
    endpoint = Endpoint(DEFAULT, "", f"{name}.{domain_of(call.backend)}", subnets, groups, moment())
    endpoint.arn = f"arn:aws:rds:{call.region}:{call.account_id}:db-proxy-endpoint:prx-endpoint-{random_name()}"
    proxy.endpoints[DEFAULT] = endpoint
    call.backend.db_proxies[name] = proxy
    begin(proxy, "creating")
    follow(proxy)
    return {"DBProxy": described(proxy)}


def subnets_of(call: Call) -> tuple[str, list[str]]:
    """The subnets that a call names, in one VPC and in two zones, with the VPC."""
    known, wanted = subnets_by_id(call), list(call.get("VpcSubnetIds") or [])
    if missing := [one for one in wanted if one not in known]:
        raise Refusal("InvalidSubnet", f"The subnets {', '.join(missing)} do not exist.")
    found = [known[one] for one in wanted]
    if len({one.vpc_id for one in found}) > 1:
        raise Refusal("InvalidSubnet", "The subnets of a proxy must be in the same VPC.")
    if len({one.availability_zone for one in found}) < LEAST_ZONES:
        raise Refusal("InvalidSubnet", f"The subnets of a proxy must be in at least {LEAST_ZONES} Availability Zones.")
    return found[0].vpc_id, wanted


def groups_of(call: Call, vpc: str, named: Any) -> list[str]:
    """The security groups that a call names, else the default group of the VPC."""
    check_security_groups(call, named, vpc, "DB instance")
    return list(named or [backend("ec2", call.account_id, call.region).get_default_security_group(vpc).id])


def _changed(call: Call, proxy: Proxy, more: dict[str, Any]) -> dict[str, Any]:
    """The settings of a proxy after a call, checked."""
    names = ("DefaultAuthScheme", "RequireTLS", "IdleClientTimeout", "DebugLogging", "RoleArn")
    found = proxy.settings | more | {name: call.get(name) for name in names if call.get(name) is not None}
    if call.get("Auth") is not None:
        found["Auth"] = [_login(proxy, dict(one)) for one in call.get("Auth")]
    if found["DefaultAuthScheme"] not in SCHEMES:
        raise invalid(f"Invalid default authentication scheme: {found['DefaultAuthScheme']}. It must be one of {', '.join(SCHEMES)}.")
    if found["DefaultAuthScheme"] == "NONE" and not found["Auth"]:
        raise contradictory("Auth must have at least one entry unless DefaultAuthScheme is IAM_AUTH.")
    if len(found["Auth"]) > MOST_LOGINS:
        raise invalid(f"A proxy can have at most {MOST_LOGINS} secrets.")
    tokens = found["DefaultAuthScheme"] == "IAM_AUTH" or any(one["IAMAuth"] == "REQUIRED" for one in found["Auth"])
    if tokens and not found["RequireTLS"]:
        raise contradictory("RequireTLS must be true for a proxy to which clients log in with IAM.")
    if not 1 <= int(found["IdleClientTimeout"]) <= LONGEST_IDLE:
        raise invalid(f"Invalid IdleClientTimeout: {found['IdleClientTimeout']}. It must be from 1 to {LONGEST_IDLE} seconds.")
    if role_that_trusts(call, found["RoleArn"], "rds.amazonaws.com") is None:
        raise invalid(f"RDS is not authorized to assume the role {found['RoleArn']}: it must exist and trust rds.amazonaws.com.")
    return found


def _login(proxy: Proxy, given: dict[str, Any]) -> dict[str, Any]:
    login = {"AuthScheme": "SECRETS", "IAMAuth": "DISABLED", "ClientPasswordAuthType": LOGIN_TYPES[0]}
    login |= {name: value for name, value in given.items() if value is not None}
    if login["AuthScheme"] != "SECRETS" or not login.get("SecretArn"):
        raise invalid("Each entry of Auth must have the AuthScheme SECRETS and a SecretArn.")
    if find(proxy, login["SecretArn"]) is None:
        raise invalid(f"The secret {login['SecretArn']} does not exist.")
    if login["IAMAuth"] not in ("DISABLED", "REQUIRED"):
        raise invalid(f"Invalid IAMAuth: {login['IAMAuth']}. It must be DISABLED or REQUIRED for the engine family {FAMILY}.")
    if login["ClientPasswordAuthType"] not in LOGIN_TYPES:
        raise invalid(f"Invalid ClientPasswordAuthType for {FAMILY}: {login['ClientPasswordAuthType']}.")
    return login


def described(proxy: Proxy) -> dict[str, Any]:
    return {
        "DBProxyName": proxy.name,
        "DBProxyArn": proxy.arn,
        "Status": proxy.status,
        "EngineFamily": FAMILY,
        "VpcId": proxy.vpc,
        **proxy.settings,
        "Endpoint": proxy.endpoints[DEFAULT].host,
        "CreatedDate": proxy.created,
        "UpdatedDate": proxy.updated,
        "EndpointNetworkType": "IPV4",
        "TargetConnectionNetworkType": "IPV4",
    }


@answers("rds", "DescribeDBProxies")
def describe(call: Call) -> dict[str, Any]:
    found = [proxy_of(call)] if call.get("DBProxyName") else sorted(call.backend.db_proxies.values(), key=lambda one: one.name)
    answer = page(call, "DBProxies", filtered(call, found, {}))
    return answer | {"DBProxies": [described(one) for one in answer["DBProxies"]]}


@answers("rds", "ModifyDBProxy")
def modify(call: Call) -> dict[str, Any]:
    proxy = proxy_of(call, ready=True)
    settings = _changed(call, proxy, {})
    if call.get("SecurityGroups"):
        settings["VpcSecurityGroupIds"] = groups_of(call, proxy.vpc, call.get("SecurityGroups"))
    if (new := str(call.get("NewDBProxyName") or proxy.name).lower()) != proxy.name:
        check_identifier(new, "NewDBProxyName")
        if new in call.backend.db_proxies:
            raise Refusal("DBProxyAlreadyExistsFault", f"DBProxy {new} already exists.")
        del call.backend.db_proxies[proxy.name]
        call.backend.db_proxies[new], proxy.name = proxy, new
    proxy.settings, proxy.updated = settings, moment()
    begin(proxy, "modifying")
    follow(proxy)
    return {"DBProxy": described(proxy)}


@answers("rds", "DeleteDBProxy")
def delete(call: Call) -> dict[str, Any]:
    """Deletes a proxy with its targets and endpoints."""
    proxy = proxy_of(call)
    if proxy.status == "deleting":
        raise Refusal("InvalidDBProxyStateFault", f"DBProxy {proxy.name} is already being deleted.")
    for endpoint in proxy.endpoints.values():
        stop_relay(proxy, endpoint)
    begin(proxy, "deleting", then="deleted")
    return {"DBProxy": described(proxy) | {"Status": "deleting"}}


@settles("rds")
def follow_what_has_happened(call: Call) -> None:
    """Proxies and endpoints that have been deleted go, and so do targets whose instance has."""
    for name, proxy in list(call.backend.db_proxies.items()):
        for key, endpoint in list(proxy.endpoints.items()):
            if endpoint.status == "deleted":
                del proxy.endpoints[key]
        known = [one for one in proxy.targets if call.backend.databases.get(one.instance.db_instance_identifier) is one.instance]
        if len(known) < len(proxy.targets):
            proxy.targets = known
            follow(proxy)
        if proxy.status == "deleted":
            del call.backend.db_proxies[name]
