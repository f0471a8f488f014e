# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Deleting a role, a log group, or the like ignores resources with a longer name."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.mainstay.aws.plugins.module_utils.domains.eks.kinds.cluster_log_group import ClusterLogGroup
from ansible_collections.mainstay.aws.plugins.module_utils.kinds.iam_role import IamRole
from ansible_collections.mainstay.aws.plugins.module_utils.kinds.log_group import LogGroup
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.graph import Step, build
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.model import Kind, Observed, Resource, without
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.planner import Consent, make_plan

from .scripted import OWNER, Script, mark

ALL = Consent(("*",), ("*",))
ROLE = f"arn:aws:iam::1:role{OWNER.path}"
GROUP = "arn:aws:logs:eu-west-1:1:log-group:"


def roles() -> list[Observed]:
    """The roles ``shop`` and ``shop-2``."""

    def role(name: str) -> dict[str, Any]:
        tags = [{"Key": key, "Value": value} for key, value in mark(f"iam_role.{name}").items()]
        return {"RoleName": name, "Path": OWNER.path, "Arn": f"{ROLE}{name}", "AssumeRolePolicyDocument": {}, "Tags": tags}

    return found(
        IamRole(),
        {
            "list_roles": {"Roles": [role("shop"), role("shop-2")]},
            "get_role": lambda params: {"Role": role(params["RoleName"])},
            "list_role_policies": {"PolicyNames": []},
            "get_role_policy": {},
            "list_attached_role_policies": {"AttachedPolicies": []},
        },
    )


def groups(kind: LogGroup, prefix: str) -> list[Observed]:
    """The log groups ``shop`` and ``shop-2`` and, inside the name of the first, ``shop/nodes``."""
    names = [f"{prefix}{name}" for name in ("shop", "shop-2", "shop/nodes")]
    return found(
        kind,
        {
            "describe_log_groups": {"logGroups": [{"logGroupName": name, "arn": f"{GROUP}{name}:*"} for name in names]},
            "list_tags_for_resource": lambda params: {"tags": mark(f"{kind.name}.{params['resourceArn'].rpartition(':')[2]}")},
        },
    )


def found(kind: Any, answers: dict[str, Any]) -> list[Observed]:
    aws = Script(answers).aws()
    try:
        seen: list[Observed] = kind.find(aws)
    finally:
        aws.close()
    return seen


KINDS: dict[str, Kind] = {kind.name: kind for kind in (IamRole(), LogGroup(), ClusterLogGroup())}
SEEN = {
    "iam_role": roles(),
    "log_group": groups(LogGroup(), OWNER.path),
    "cluster_log_group": groups(ClusterLogGroup(), "/aws/eks/"),
}
LONGER = [
    pytest.param(first, text, id=text)
    for first, *others in SEEN.values()
    for other in others
    for text in (other.id, other.attributes["arn"], f"{other.attributes['arn']}:*")
]


def user(text: str) -> Observed:
    statements = [{"Sid": "Longer", "Resource": text}, {"Sid": "Other", "Resource": "*"}]
    return Observed("iam_role", "iam_role.user", "user", {"description": text, "inline_policy": {"Statement": statements}})


@pytest.mark.parametrize(("shop", "text"), LONGER)
def test_a_deletion_does_not_wait_for_references_to_longer_names(shop: Observed, text: str) -> None:
    graph = build(make_plan([], [shop, user(text)], KINDS, ALL), KINDS)
    assert graph.needs[Step("delete", shop.address, shop.id)] == set()


@pytest.mark.parametrize(("shop", "text"), LONGER)
def test_references_to_longer_names_are_not_unlinked(shop: Observed, text: str) -> None:
    graph = build(make_plan([Resource("iam_role", "user")], [shop, user(text)], KINDS, ALL), KINDS)
    assert graph.unlinks == {}
    policy = user(text).properties["inline_policy"]["Statement"]
    assert without(policy, shop.identifiers()) == policy


@pytest.mark.parametrize("shop", [seen[0] for seen in SEEN.values()], ids=list(SEEN))
def test_references_to_the_exact_name_are_deleted_first_or_unlinked(shop: Observed) -> None:
    points = user(f"{shop.attributes['arn']}:*")
    graph = build(make_plan([], [shop, points], KINDS, ALL), KINDS)
    assert graph.needs[Step("delete", shop.address, shop.id)] == {Step("delete", "iam_role.user", "user")}
    graph = build(make_plan([Resource("iam_role", "user")], [shop, points], KINDS, ALL), KINDS)
    ((seen, names),) = graph.unlinks.values()
    assert without(seen.properties["inline_policy"]["Statement"], frozenset(names)) == [{"Sid": "Other", "Resource": "*"}]
