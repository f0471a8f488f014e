# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""A plan of ten networks fits in a file small enough to share."""

from __future__ import annotations

from ansible_collections.mainstay.aws.plugins.module_utils.domains.network.domain import KINDS
from ansible_collections.mainstay.aws.plugins.module_utils.domains.network.resources import build
from ansible_collections.mainstay.aws.plugins.module_utils.domains.network.validate import validate
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.engine import plan_only
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.planner import Consent
from ansible_collections.mainstay.aws.plugins.module_utils.saved_plans.drift import refusal
from ansible_collections.mainstay.aws.plugins.module_utils.saved_plans.part import make_part
from ansible_collections.mainstay.aws.plugins.module_utils.saved_plans.plan_file import as_text, checked, make_book
from tests.unit.domains.network.samples import PLACE, REGION, settings

from .samples import CONTEXT

LARGEST = 700_000


def test_a_plan_of_ten_networks() -> None:
    networks, problems = validate({f"net{n}": settings(cidr=f"10.{n}.0.0/16") for n in range(10)}, "vpc_networks", REGION)
    assert problems == []
    desired = build(networks, PLACE)
    part = make_part(CONTEXT, desired, [], plan_only(desired, [], KINDS, Consent()), KINDS, Consent())
    book = make_book([part], "2026-01-31T12:00:00Z")
    assert len(part["actions"]) == len(desired) == 422
    assert len(as_text(book)) < LARGEST
    assert checked(book, "x.plan") == book
    assert refusal(part, desired, [], Consent(), CONTEXT, KINDS) == []
