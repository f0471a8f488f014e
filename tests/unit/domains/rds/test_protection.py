# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Protected instances are found before the first change, and the sentence says which setting allows their deletion."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.mainstay.aws.plugins.module_utils.domains.rds.domain import KINDS
from ansible_collections.mainstay.aws.plugins.module_utils.domains.rds.protection import CODE, is_protected, protected, refusals
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.engine import plan_only
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.model import Observed
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.planner import Consent


def seen(kind: str = "db_instance", name: str = "main", protection: Any = True, state: Any = "ready") -> Observed:
    identifier = f"prod-{name.replace('/', '-')}"
    return Observed(kind, f"{kind}.{name}", identifier, {"deletion_protection": protection}, {}, state)


@pytest.mark.parametrize(
    ("observed", "expected"),
    [
        pytest.param(seen(), True, id="an instance"),
        pytest.param(seen("db_replica", "main/reader"), True, id="a replica"),
        pytest.param(seen(state="pending"), True, id="one that is being changed"),
        pytest.param(seen(protection=False), False, id="not protected"),
        pytest.param(seen(protection=None), False, id="not known to be protected"),
        pytest.param(seen(state="deleting"), False, id="one that is being deleted"),
        pytest.param(seen("db_subnet_group"), False, id="another kind"),
    ],
)
def test_what_is_protected(observed: Observed, expected: bool) -> None:
    assert is_protected(observed) is expected


def test_each_is_named_with_the_setting_of_its_instance() -> None:
    setting = "Set deletion.protection to false for main in rds_databases and run site.yml, then delete it."
    assert protected([seen(), seen(name="other", protection=False), seen("db_replica", "main/reader")]) == [
        f"RDS instance prod-main is protected against deletion. {setting}",
        f"RDS instance prod-main-reader is protected against deletion. {setting}",
    ]


@pytest.mark.parametrize(
    ("purge", "expected"),
    [
        pytest.param((), [], id="kept without consent"),
        pytest.param(("db_instance.main",), ["db_instance.main"], id="one of them"),
        pytest.param(("db_instance.*", "db_replica.*"), ["db_instance.main", "db_replica.main/reader"], id="both"),
    ],
)
def test_a_plan_that_deletes_them_is_refused(purge: tuple[str, ...], expected: list[str]) -> None:
    there = [seen(), seen(name="other", protection=False), seen("db_replica", "main/reader")]
    found = refusals(plan_only([], there, KINDS, Consent((), purge)).plan)
    assert sorted(one.address for one in found) == expected
    assert {one.code for one in found} <= {CODE}
