# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""A small world for tables: two kinds, a plan that creates, changes, replaces, and deletes, and ways to observe it differently."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Any

from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.engine import plan_only
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.model import Observed, Resource, ref
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.planner import Consent
from ansible_collections.mainstay.aws.plugins.module_utils.saved_plans.part import Context, make_part
from tests.unit.reconcile.fake import kinds

KINDS = kinds()
PLACE = {"account_id": "123456789012", "region": "af-south-1", "partition": "aws", "endpoint": None}
IDENTITY = {"module": "vpc_network", "environment": "prod", "component": "network"}
CONTEXT = Context(IDENTITY, PLACE)
CONSENT = Consent(replace=("*",), purge=("house.gone",))

DESIRED = [
    Resource("house", "kept", {"color": "red", "size": 1, "label": "a"}),
    Resource("house", "changed", {"color": "red", "size": 2, "friends": [ref("house.new"), ref("house.kept")]}),
    Resource("house", "swapped", {"color": "blue", "peer": ref("house.kept")}),
    Resource("house", "new", {"color": "red", "size": 1, "label": "n", "peer": ref("house.kept"), "password": "hunter2"}),
]

OBSERVED = [
    Observed("house", "house.kept", "id-kept", {"color": "red", "size": 1, "label": "a"}),
    Observed("house", "house.changed", "id-changed", {"color": "red", "size": 1, "friends": ["id-kept", "id-gone"]}),
    Observed("house", "house.swapped", "id-old", {"color": "red", "peer": "id-kept"}),
    Observed("house", "house.gone", "id-gone", {"color": "red", "peer": "id-kept"}),
    Observed("house", "house.stays", "id-stays", {"color": "green"}),
]


def context(secrets: Collection[str] = (), **target: Any) -> Context:
    return Context(IDENTITY, {**PLACE, **target}, secrets=secrets)


def saved(
    desired: Sequence[Resource] = DESIRED,
    observed: Sequence[Observed] = OBSERVED,
    consent: Consent = CONSENT,
    where: Context = CONTEXT,
) -> dict[str, Any]:
    """A part of a plan, as read back from its file."""
    result = plan_only(desired, observed, KINDS, consent)
    return json.loads(json.dumps(make_part(where, desired, observed, result, KINDS, consent)))


def without(*addresses: str) -> list[Observed]:
    return [seen for seen in OBSERVED if seen.address not in addresses]


def seen(address: str, state: str | None = None, **properties: Any) -> list[Observed]:
    """The observed state, with one resource changed."""
    return [
        replace(one, state=state or one.state, properties={**one.properties, **properties}) if one.address == address else one
        for one in OBSERVED
    ]


def made(address: str, identifier: str, state: Any = "ready", **properties: Any) -> Observed:
    return Observed(address.partition(".")[0], address, identifier, properties, state=state)


def described(address: str, **properties: Any) -> list[Resource]:
    """The desired state, with one resource changed."""
    return [replace(one, properties={**one.properties, **properties}) if one.address == address else one for one in DESIRED]
