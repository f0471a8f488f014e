"""Further endpoints of RDS Proxies, such as those in other VPCs."""

from __future__ import annotations

from typing import Any

from rehearsal.extensions.rds_proxies import groups_of, subnets_of
from rehearsal.extensions.rds_proxy_record import DEFAULT, Endpoint, Proxy, begin, domain_of, follow, proxy_of, random_name, stop_relay
from rehearsal.in_vpc import subnets_by_id
from rehearsal.query_api import check_identifier, check_tags, filtered, invalid, listed, page, pairs
from rehearsal.registry import Call, answers
from rehearsal.replies import Refusal
from rehearsal.transitions import moment

MOST = 20


@answers("rds", "CreateDBProxyEndpoint")
def create(call: Call) -> dict[str, Any]:
    """A proxy of an instance has read/write endpoints only; those for reading are for clusters."""
    proxy = proxy_of(call, ready=True)
    name = check_identifier(call.get("DBProxyEndpointName"), "DBProxyEndpointName")
    check_tags(call.get("Tags"))
    if any(name in one.endpoints for one in call.backend.db_proxies.values()):
        raise Refusal("DBProxyEndpointAlreadyExistsFault", f"DBProxyEndpoint {name} already exists.")
    if len(proxy.endpoints) > MOST:
        raise Refusal("DBProxyEndpointQuotaExceededFault", f"A proxy can have at most {MOST} endpoints.")
    if (call.get("TargetRole") or "READ_WRITE") != "READ_WRITE":
        raise invalid("TargetRole must be READ_WRITE: the targets of read-only endpoints are DB clusters.")
    vpc, subnets = subnets_of(call)
    groups = groups_of(call, vpc, call.get("VpcSecurityGroupIds"))
    arn = f"arn:aws:rds:{call.region}:{call.account_id}:db-proxy-endpoint:prx-endpoint-{random_name()}"
    host = f"{name}.endpoint.{domain_of(call.backend)}"
    endpoint = Endpoint(name, arn, host, subnets, groups, moment(), listed(pairs(call.get("Tags"))))
    proxy.endpoints[name] = endpoint
    begin(endpoint, "creating")
    follow(proxy, endpoint)
    return {"DBProxyEndpoint": _described(call, proxy, endpoint)}


def _described(call: Call, proxy: Proxy, endpoint: Endpoint) -> dict[str, Any]:
    return {
        "DBProxyEndpointName": endpoint.name,
        "DBProxyEndpointArn": endpoint.arn,
        "DBProxyName": proxy.name,
        "Status": endpoint.status,
        "VpcId": subnets_by_id(call)[endpoint.subnets[0]].vpc_id,
        "VpcSecurityGroupIds": endpoint.groups,
        "VpcSubnetIds": endpoint.subnets,
        "Endpoint": endpoint.host,
        "CreatedDate": endpoint.created,
        "TargetRole": "READ_WRITE",
        "IsDefault": endpoint.name == DEFAULT,
        "EndpointNetworkType": "IPV4",
    }


@answers("rds", "DescribeDBProxyEndpoints")
def describe(call: Call) -> dict[str, Any]:
    proxies = [proxy_of(call)] if call.get("DBProxyName") else list(call.backend.db_proxies.values())
    name = str(call.get("DBProxyEndpointName") or "").lower()
    found = [(proxy, one) for proxy in proxies for one in proxy.endpoints.values() if name in ("", one.name)]
    if name and not found:
        raise _not_found(name)
    answer = page(call, "DBProxyEndpoints", filtered(call, found, {}))
    return answer | {"DBProxyEndpoints": [_described(call, *each) for each in answer["DBProxyEndpoints"]]}


@answers("rds", "ModifyDBProxyEndpoint")
def modify(call: Call) -> dict[str, Any]:
    proxy, endpoint = _endpoint(call)
    if named := call.get("VpcSecurityGroupIds"):
        endpoint.groups = groups_of(call, subnets_by_id(call)[endpoint.subnets[0]].vpc_id, named)
    if call.get("NewDBProxyEndpointName"):
        new = check_identifier(call.get("NewDBProxyEndpointName"), "NewDBProxyEndpointName")
        if any(new in one.endpoints for one in call.backend.db_proxies.values()):
            raise Refusal("DBProxyEndpointAlreadyExistsFault", f"DBProxyEndpoint {new} already exists.")
        stop_relay(proxy, endpoint)
        del proxy.endpoints[endpoint.name]
        proxy.endpoints[new], endpoint.name = endpoint, new
        follow(proxy, endpoint)
    begin(endpoint, "modifying")
    return {"DBProxyEndpoint": _described(call, proxy, endpoint)}


@answers("rds", "DeleteDBProxyEndpoint")
def delete(call: Call) -> dict[str, Any]:
    proxy, endpoint = _endpoint(call)
    stop_relay(proxy, endpoint)
    begin(endpoint, "deleting", then="deleted")
    return {"DBProxyEndpoint": _described(call, proxy, endpoint) | {"Status": "deleting"}}


def _endpoint(call: Call) -> tuple[Proxy, Endpoint]:
    """The endpoint that a call names: not the default one, and available."""
    name = str(call.get("DBProxyEndpointName") or "").lower()
    found = next(((proxy, proxy.endpoints[name]) for proxy in call.backend.db_proxies.values() if name in proxy.endpoints), None)
    if found is None:
        raise _not_found(name)
    if name == DEFAULT or found[1].status != "available":
        text = f"The endpoint {name} can't be changed: it is the default one, or in state {found[1].status}."
        raise Refusal("InvalidDBProxyEndpointStateFault", text)
    return found


def _not_found(name: str) -> Refusal:
    return Refusal("DBProxyEndpointNotFoundFault", f"DBProxyEndpoint {name} not found.", 404)
