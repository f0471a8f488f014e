# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The module app_release: plans or deploys one release of an application, or removes the application."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NoReturn

from ...aws.roles import Role, client_maker_as
from ...aws.session import client_maker
from ...cluster_objects.hiding import Hiding
from ...cluster_objects.manifest import Marks, Wanted
from ...component.consent import consent_of
from ...component.interruption import interruptible
from ...component.progress import progress
from ...kubernetes.problems import ApiProblem
from ...reconcile.waiting import SystemClock
from .. import identity, planning
from ..gate import checker, deployments_of
from ..look import Look
from ..modes import settings as modes
from ..record import Release
from ..refusals import secrets_in
from ..strategies import blue_green, canary, rolling
from ..strategies.settings import BLUE_GREEN, CANARY, ROLLING, read
from ..transaction import ShapingStrategy, Strategy, Transaction
from ..verification import options_of
from ..wish import Outcome, Wish
from . import removal
from .answer import answer
from .connecting import Connection, connection
from .modes import mode_of
from .options import objects_of, problems_of
from .secrecy import hide, secrets_of_chart

STRATEGIES: Mapping[str, Callable[[Any], Strategy]] = {
    ROLLING: lambda _settings: rolling.roll_out,
    CANARY: canary.strategy,
    BLUE_GREEN: blue_green.BlueGreenStrategy,
}
"""The strategies, made from their settings."""


SERVICES = ("sts", "eks")
"""The services that every call uses. The gate and metrics may use rds, kms and cloudwatch."""


def run(module: Any) -> NoReturn:
    """Plan a release in check mode, or deploy it. With state absent, remove the application. Ends the module."""
    began = time.monotonic()
    params = module.params
    if params["state"] == "absent":
        removal.run(module)
    objects, problems = objects_of(params)
    verification, wrong = options_of(params["verification"], params["namespace"], params["poll_interval"])
    settings, misfits = (
        read(params["strategy"], given_settings(params), objects, verification) if not problems and not wrong else (None, [])
    )
    other, unfit = modes.read(params)
    secrets = [*secrets_in(params["objects"]), *secrets_of_chart(params)]
    hide(module)
    if problems := [*problems_of(params), *unfit, *problems, *wrong, *misfits]:
        module.fail_json(msg="\n".join(problems))
    found = connection(module, needed=not module.check_mode)
    wish = wish_of(params, objects, verification, found.caller, modes.identity_of(other))
    strategy = mode_of(other, found) or STRATEGIES[wish.strategy](settings)
    if found.api is None:
        answer(module, found, _on_nothing(wish, params, strategy), time.monotonic() - began)
    transaction = _transaction(module, found, wish, secrets, strategy)
    if module.check_mode:
        try:
            plan = transaction.plan(applying=False)
        except ApiProblem as problem:
            module.fail_json(msg=f"The release could not be planned: {problem}. Nothing was changed.")
        transaction.outcome.failures = list(plan.failures)
        answer(module, found, transaction.outcome, time.monotonic() - began)
    with interruptible(found.api.bell.stop):
        outcome = transaction.run()
    answer(module, found, outcome, time.monotonic() - began)


def wish_of(params: Mapping[str, Any], objects: Sequence[Wanted], verification: Mapping[str, Any], by: str, other: Any = None) -> Wish:
    """What the module's parameters ask for. ``other``: see ``release_id``."""
    marks = Marks(params["environment"], params["component"])
    release = identity.release_id(objects, params["migration"], other)
    return Wish(
        id=release,
        objects=objects,
        job=identity.migration_job(params["migration"], release, marks) if params["migration"] else None,
        version=params["version"],
        commit=params["commit"],
        images=params["images"],
        verification=verification,
        gate=params["gate"],
        gate_required=params["gate_required"],
        keep=params["keep"],
        recorded=params["recorded"],
        hold=params["hold"],
        notes=tuple(params["notes"]),
        consent=consent_of(params),
        way_back=params["way_back"],
        secrets_seconds=params["secrets_timeout"],
        lock_wait=params["lock_wait"],
        strategy=params["strategy"],
        by=by,
    )


def given_settings(params: Mapping[str, Any]) -> Mapping[str, Any]:
    """The settings of the chosen strategy. Those of others are left alone: inventories keep them when the strategy changes."""
    return params.get(params["strategy"]) or {}


def _transaction(module: Any, found: Connection, wish: Wish, secrets: list[str], strategy: Strategy) -> Transaction:
    params = module.params
    make, _region, _endpoint = client_maker(module)
    clock = SystemClock()
    deployments = deployments_of(params["component"], wish.id, wish.version, wish.commit)

    def make_as(role: Role) -> Any:
        return client_maker_as(module, make, role, clock.pause)

    gate = checker(found.aws, clock, wish.gate or {}, params["gate_options"], deployments, make_as)
    return Transaction(
        found.cluster(params, secrets),
        wish,
        found.verification(params),
        progress,
        found.holding(params),
        gate=gate,
        registry=found.registry(),
        strategy=strategy,
    )


def _on_nothing(wish: Wish, params: Mapping[str, Any], strategy: Strategy) -> Outcome:
    """The plan for a cluster that does not exist yet: everything is to be added."""
    looks = [Look(one, one.type, untried="the cluster does not exist yet") for one in wish.objects]
    hiding = Hiding(params["sensitive"])
    plan = planning.plan(looks, wish.consent, hiding)
    if isinstance(strategy, ShapingStrategy):
        plan = planning.with_actions(plan, strategy.on_nothing(Marks(params["environment"], params["component"]), hiding))
    if wish.job is not None:
        plan = planning.with_migration(plan, wish.job)
    return Outcome(plan=plan, release=Release(wish.id, 1, wish.version, wish.commit, images=dict(wish.images), by=wish.by))
