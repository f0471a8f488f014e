# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What the info modules run: the outputs of what exists, without changing anything.

With a description of the component, a lookup publishes the same outputs as an apply, because it plans with the same functions from the same
resources. A tag alone then publishes nothing: resources that are not described are left out, and a second resource that claims a described
address is an error. Without a description, only tags determine what belongs to the component.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NoReturn

from ..aws.connection import Aws
from ..aws.elsewhere import moved_home
from ..reconcile.engine import plan_only
from ..reconcile.errors import CallFailed, EngineError, failure
from ..reconcile.model import Kind, Observed
from ..reconcile.planner import Consent
from ..text.foreign import quoted
from .applying import claimed
from .connect import connect, fail
from .domain import Domain, Observation
from .outputs import Attributes
from .run import MakeDomain, domain_of, read_state

LIVE = ("ready", "pending")
NO_CONSENT = Consent()


def read_outputs(module: Any, make_domain: MakeDomain, *, described: bool) -> NoReturn:
    """Return the outputs of the existing resources. ``described``: whether the module's parameters describe the component."""
    domain = domain_of(module, make_domain)
    aws, endpoint, region = connect(module)
    observation = read_state(module, aws, endpoint, region, domain)
    try:
        attributes = planned(module, domain, aws, observation) if described else marked(domain, observation.observed)
    except EngineError as error:
        module.fail_json(msg=str(error))
    except CallFailed as error:
        fail(module, [failure("", error)], "What exists could not be read.")
    states = {seen.address: seen.state for seen in observation.observed if seen.state in LIVE}
    found = sorted(address for address in attributes if attributes[address])
    outputs = {**domain.outputs(attributes), "deferred": [address for address in found if states.get(address) == "pending"]}
    missing = sorted(set(attributes) - set(found))
    more = domain.findings(observation.observed)
    module.exit_json(changed=False, outputs=outputs, found=found, missing=missing, target=observation.place.as_dict(), **more)
    raise AssertionError("exit_json does not return")


def planned(module: Any, domain: Domain, aws: Aws, observation: Observation) -> Attributes:
    """The attributes of everything described, as in a plan. Empty for resources that a run would still have to create or replace."""
    desired = domain.resources(observation)
    observed = claimed(module, domain, aws, desired, observation.observed, NO_CONSENT)
    desired = moved_home(aws, domain.kinds, desired, observed)
    return plan_only(desired, observed, domain.kinds, NO_CONSENT).attributes()


def marked(domain: Domain, observed: Sequence[Observed]) -> Attributes:
    """The attributes of everything live that carries the component's mark and can belong to it. Raises EngineError for duplicates."""
    live = [seen for seen in domain.belonging(observed) if seen.state in LIVE]
    refuse_duplicates(live, domain.kinds)
    return {seen.address: {"id": seen.id, **seen.attributes} for seen in live}


def refuse_duplicates(live: Sequence[Observed], kinds: Mapping[str, Kind]) -> None:
    """Raises EngineError if several resources claim one address, because it is unclear which one is meant."""
    by_address: dict[str, list[str]] = {}
    for seen in live:
        if not kinds[seen.kind].create_first:
            by_address.setdefault(seen.address, []).append(seen.id)
    problems = [
        f"{quoted(address)} is claimed by {len(ids)} live resources: {', '.join(sorted(ids))}. Nothing was published. Remove the tags that "
        "begin with mainstay: from those that are not the component's."
        for address, ids in sorted(by_address.items())
        if len(ids) > 1
    ]
    if problems:
        raise EngineError("\n".join(problems))
