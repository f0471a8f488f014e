# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Every event in a network's life, once each, in a rehearsal cloud with exactly the policies generated for it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ansible_collections.mainstay.aws.plugins.module_utils.aws.action_names import action_of
from ansible_collections.mainstay.aws.plugins.module_utils.aws.connection import Aws
from ansible_collections.mainstay.aws.plugins.module_utils.aws.grants import Names, Scope
from ansible_collections.mainstay.aws.plugins.module_utils.aws.owner import Owner
from ansible_collections.mainstay.aws.plugins.module_utils.aws.place import Place
from ansible_collections.mainstay.aws.plugins.module_utils.component.lock import held
from ansible_collections.mainstay.aws.plugins.module_utils.component.quota_reads import check
from ansible_collections.mainstay.aws.plugins.module_utils.domains.eks.operations.drain.occupants import look as occupants
from ansible_collections.mainstay.aws.plugins.module_utils.domains.network.domain import KINDS, available_zones
from ansible_collections.mainstay.aws.plugins.module_utils.domains.network.own_addresses import with_addresses
from ansible_collections.mainstay.aws.plugins.module_utils.domains.network.resources import build
from ansible_collections.mainstay.aws.plugins.module_utils.domains.network.validate import validate
from ansible_collections.mainstay.aws.plugins.module_utils.domains.registry import details_of
from ansible_collections.mainstay.aws.plugins.module_utils.permissions.documents import policies
from ansible_collections.mainstay.aws.plugins.module_utils.permissions.needed import declared
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.engine import Result, Settings, observe, plan_only, reconcile
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.model import Resource
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.planner import Consent
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.waiting import Patience, silent
from rehearsal.testing import Cloud
from tests.integration.permissions import networks
from tests.integration.permissions.networks import ACCOUNT, OWNER, REGION

BOUNDARY = "arn:aws:iam::aws:policy/PowerUserAccess"
OTHER_BOUNDARY = "arn:aws:iam::aws:policy/ReadOnlyAccess"
ALL = Consent(("*", "kms_key.*"), ("*", "kms_key.*"))
FLOW_LOGS = {"retention_in_days": 30}

FREE = Scope(Place(OWNER.environment, OWNER.component, REGION, ACCOUNT), names=Names(networks=("main",)))
BOUND = replace(FREE, place=replace(FREE.place, permissions_boundary=BOUNDARY))
ENVIRONMENT = replace(BOUND, place=replace(BOUND.place, component=""))


def network(settings: Mapping[str, Any], boundary: str | None = BOUNDARY, owner: Owner = OWNER, **tags: str) -> list[Resource]:
    networks, problems = validate({"main": dict(settings)}, "networks", REGION)
    assert problems == []
    if settings.get("ipv6") is False:  # a run that may remove addresses that exist
        networks = {name: replace(one, ipv6_fate="goes") for name, one in networks.items()}
    return build(
        with_addresses(networks, None, []),
        Place(owner.environment, owner.component, REGION, ACCOUNT, tags=tags, permissions_boundary=boundary),
    )


SMALL = {**networks.SMALL, "flow_logs": FLOW_LOGS}
RETAGGED = {**SMALL, "tags": {"team": "two"}, "flow_logs": {"retention_in_days": 90}}
CHANGED = {**networks.CHANGED, "flow_logs": FLOW_LOGS}


def network_drift(cloud: Cloud) -> None:
    """Network resources after manual changes. The alias of the key then points to an unowned key."""
    networks.drift(cloud)


def shared_drift(cloud: Cloud) -> None:
    """The same for the role, the key, and the log group."""
    iam, kms, logs = cloud.client("iam"), cloud.client("kms"), cloud.client("logs")
    (role,) = iam.list_roles(PathPrefix=OWNER.path)["Roles"]
    name = role["RoleName"]
    trust = json.dumps(role["AssumeRolePolicyDocument"]).replace("vpc-flow-logs", "ec2")
    iam.update_assume_role_policy(RoleName=name, PolicyDocument=trust)
    iam.attach_role_policy(RoleName=name, PolicyArn=OTHER_BOUNDARY)
    iam.put_role_permissions_boundary(RoleName=name, PermissionsBoundary=OTHER_BOUNDARY)
    iam.put_role_policy(RoleName=name, PolicyName="by-hand", PolicyDocument=json.dumps(networks.INLINE))
    (alias,) = [one for one in kms.list_aliases()["Aliases"] if one["AliasName"].startswith(f"alias{OWNER.path}")]
    key = alias["TargetKeyId"]
    policy = json.loads(kms.get_key_policy(KeyId=key, PolicyName="default")["Policy"])
    kms.put_key_policy(KeyId=key, PolicyName="default", Policy=json.dumps({**policy, "Statement": policy["Statement"][:1]}))
    kms.update_key_description(KeyId=key, Description="by hand")
    kms.disable_key_rotation(KeyId=key)
    (group,) = logs.describe_log_groups(logGroupNamePrefix=OWNER.path)["logGroups"]
    logs.disassociate_kms_key(logGroupName=group["logGroupName"])
    logs.delete_retention_policy(logGroupName=group["logGroupName"])


def lose_a_reply(cloud: Cloud) -> None:
    """The lock is taken, but the response is lost."""
    cloud.admin.fault("ssm", "PutParameter", fault="reset_after")


def nothing(_cloud: Cloud) -> None:
    """No event."""


@dataclass(frozen=True)
class Scenario:
    """``second`` is the state to reach, starting from ``first`` after ``between`` has happened."""

    first: Sequence[Resource]
    second: Sequence[Resource]
    between: Callable[[Cloud], None] = nothing


SCENARIOS: Mapping[str, Scenario] = {
    "create": Scenario([], network(SMALL)),
    "retag": Scenario(network(SMALL, platform="one", old="yes"), network(RETAGGED, platform="two")),
    "change": Scenario(network(SMALL), network(CHANGED)),
    "shrink": Scenario(network(CHANGED), network(networks.AGAIN)),
    "widen": Scenario(network(networks.REGIONAL), network({**networks.REGIONAL, "availability_zones": networks.ZONES})),
    "narrow": Scenario(network({**networks.REGIONAL, "availability_zones": networks.ZONES}), network(networks.REGIONAL)),
    "repair network": Scenario(network(SMALL), network(SMALL), network_drift),
    "repair shared": Scenario(network(SMALL), network(SMALL), shared_drift),
    "lost reply": Scenario(network(SMALL), network(SMALL), lose_a_reply),
    "destroy": Scenario(network(CHANGED), []),
}


def documents(scope: Scope = BOUND, role: str = "vpc") -> dict[str, list[dict[str, Any]]]:
    """The policies of one role of the collection."""
    return policies(details_of([role]), scope)


def without(given: Sequence[Mapping[str, Any]], action: str) -> list[dict[str, Any]]:
    """The same policies without one action."""
    left = []
    for document in given:
        statements = [{**one, "Action": [name for name in one["Action"] if name != action]} for one in document["Statement"]]
        left.append({**document, "Statement": [one for one in statements if one["Action"]]})
    return left


def apply(cloud: Cloud, desired: Sequence[Resource], owner: Owner = OWNER) -> Result:
    aws = Aws(cloud.client, owner, pause=lambda _seconds: None)
    try:
        aws.read("sts", "get_caller_identity")
        available_zones(aws)
        occupants(aws)
        settings = Settings(ALL, Patience(poll=0.05, settle=0.5, timeout=20, grace=1))
        check(plan_only(desired, observe(KINDS, aws), KINDS, ALL).plan, KINDS, aws, REGION)
        with held(aws, "shared" if desired else "exclusive", "a test", settings.clock, 0.0, silent):
            return reconcile(desired, observe(KINDS, aws), KINDS, aws, settings)
    finally:
        aws.close()


def plan(cloud: Cloud, desired: Sequence[Resource]) -> Result:
    aws = Aws(lambda service: cloud.client(service, "plan"), OWNER)
    try:
        aws.read("sts", "get_caller_identity")
        available_zones(aws)
        occupants(aws)
        planned = plan_only(desired, observe(KINDS, aws), KINDS, ALL)
        check(planned.plan, KINDS, aws, REGION)
        return planned
    finally:
        aws.close()


def prepare(cloud: Cloud, scenario: Scenario) -> None:
    """The start of a scenario, prepared with full permissions."""
    cloud.admin.reset()
    assert list(apply(cloud, scenario.first).failures) == []
    scenario.between(cloud)


def denials(cloud: Cloud) -> list[str]:
    codes = ("UnauthorizedOperation", "AccessDenied", "AccessDeniedException")
    return [f"{one['service']}:{one['operation']}" for one in cloud.admin.requests() if one["error_code"] in codes]


def checked(cloud: Cloud) -> set[str]:
    """The actions that the cloud checked."""
    return {action for request in cloud.admin.requests() for action in request.get("checked_for", ())}


def called(cloud: Cloud, counts: Callable[[Mapping[str, Any]], bool] = bool) -> set[str]:
    """The actions of the operations called, in the requests that count."""
    return {action_of(request["service"], request["operation"]) for request in cloud.admin.requests() if counts(request)}


def declared_by(role: str) -> set[str]:
    """The actions of the operations that a role's domains declare, except those that the role never needs from its kinds."""
    found = (one for details in details_of([role]) for one in declared(details, applying=True))
    unused = {action for details in details_of([role]) for action in details.unused}
    return {action for _name, action in found} - unused


def granted(given: Sequence[Mapping[str, Any]]) -> set[str]:
    return {action for document in given for statement in document["Statement"] for action in statement["Action"]}
