# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""An apply that ends after any number of statements: what it leaves behind is ours, and the next one finishes it."""

from __future__ import annotations

import contextlib
import itertools
import json
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from ansible_collections.mainstay.aws.plugins.module_utils.aws.connection import Aws
from ansible_collections.mainstay.aws.plugins.module_utils.aws.owner import Owner
from ansible_collections.mainstay.aws.plugins.module_utils.aws.place import Place
from ansible_collections.mainstay.aws.plugins.module_utils.component.domain import Observation
from ansible_collections.mainstay.aws.plugins.module_utils.domains.database_content.domain import ContentDomain
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.claims import find_conflicts
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.engine import Result, Settings, observe, plan_only, reconcile
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.planner import Consent
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.waiting import Patience

from .support import MASTER, MASTER_PASSWORD, Inside

STATEMENTS = 60
"""More than one apply sends; a shorter one is not interrupted."""


class Killed(BaseException):
    """The end of the process."""


def call(inside: Inside, fence: Callable[[], None] | None = None, *, absent: bool = False) -> Result:
    """One call, in this process."""
    aws = Aws(lambda _service: None, Owner("prod", inside.component))
    aws.fence = fence
    team, shop, name = inside.named("team"), inside.named("shop"), inside.named("db")
    secret = {"username": shop, "password": "canary-of-the-shop-0123456789", "version": "1"}
    params: Mapping[str, Any] = {
        **inside.options(state="absent" if absent else "present", initial_database="", rotate=[]),
        "login": {"user": MASTER, "password": MASTER_PASSWORD, "secret_arn": None, "iam": False, "database": "postgres"},
        "databases": {
            name: {
                "owner": team,
                "access": {shop: "write"},
                "schemas": {"app": {}},
                "extensions": ["vector"],
                "settings": {"work_mem": "8MB"},
            }
        },
        "users": {team: {"login": "none"}, shop: {"settings": {"search_path": "app"}}},
        "user_secrets": {shop: "arn"},
        "secrets": {"arn": secret},
    }
    domain = ContentDomain(params, False, lambda _text: None)
    try:
        observation = Observation(
            Place("prod", inside.component, "eu-west-1", "123456789012"), observe(domain.kinds, aws), {"stages": domain.roles.stages(aws)}
        )
        desired = [] if absent else domain.resources(observation)
        planned = plan_only(desired, observation.observed, domain.kinds, Consent(everything=absent))
        assert find_conflicts(planned.plan, domain.kinds, aws) == []
        settings = Settings(consent=Consent(everything=absent), patience=Patience(poll=0.02, settle=0.5, timeout=10))
        return reconcile(desired, observation.observed, domain.kinds, aws, settings)
    finally:
        domain.link.close()


def killed_after(statements: int) -> Callable[[], None]:
    numbers = itertools.count()

    def fence() -> None:
        if next(numbers) >= statements:
            raise Killed

    return fence


def left(inside: Inside) -> list[str]:
    pattern = f"%\\_{inside.number}"
    query = (
        f"SELECT rolname FROM pg_roles WHERE rolname LIKE '{pattern}' UNION SELECT datname FROM pg_database WHERE datname LIKE '{pattern}'"
    )
    return [row[0] for row in inside.server.rows(query)]


@pytest.mark.parametrize("statements", range(0, STATEMENTS, 4))
def test_the_next_run_finishes_what_another_has_begun(inside: Inside, statements: int) -> None:
    with contextlib.suppress(Killed):
        call(inside, killed_after(statements))
    assert len(left(inside)) < 3 or statements > 8  # it was cut short
    finished = call(inside)
    assert list(map(str, finished.failures)) == []
    assert [action.address for action in call(inside).plan.changes] == []
    assert json.dumps(sorted(left(inside))) == json.dumps(sorted({inside.named(one) for one in ("team", "shop", "db")}))
    query = f"""SELECT inherit_option OR set_option FROM pg_auth_members
        WHERE pg_get_userbyid(member) = '{MASTER}' AND pg_get_userbyid(roleid) LIKE '%\\_{inside.number}'"""
    assert {row[0] for row in inside.server.rows(query)} == {False}
    assert list(map(str, call(inside, absent=True).failures)) == []
    assert left(inside) == []


@pytest.mark.parametrize("statements", range(0, 24, 3))
def test_the_next_run_finishes_a_removal(inside: Inside, statements: int) -> None:
    call(inside)
    with contextlib.suppress(Killed):
        call(inside, killed_after(statements), absent=True)
    assert list(map(str, call(inside, absent=True).failures)) == []
    assert left(inside) == []
