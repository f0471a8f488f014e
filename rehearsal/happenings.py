"""What AWS, or another service, does on its own, at the request of a test: a maintenance window, a blue/green switchover.

A service registers what can happen with `@happens("rds", "maintenance_window")`; `POST /happenings` of the administrative API has it
happen.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from rehearsal import registry
from rehearsal.replies import Refusal

if TYPE_CHECKING:
    from rehearsal.cloud_state import CloudState


def happen(state: CloudState, body: Mapping[str, Any]) -> Any:
    """`body`: service, happening, and its parameters by AWS's names; `region` and `account_id` if they are not the cloud's own.

    Returns what the happening's function returns. Raises ValueError if there is no such happening, or if AWS would refuse it.
    """
    values = dict(body)
    service, name = str(values.pop("service", "")), str(values.pop("happening", ""))
    region, account = str(values.pop("region", state.region)), str(values.pop("account_id", state.account_id))
    registry.prepare(service)
    function = registry.happening(service, name)
    if function is None:
        raise ValueError(f"nothing called {name!r} happens in {service!r}; known are {', '.join(registry.happenings(service)) or 'none'}")
    call = registry.Call(
        service=service,
        operation=name,
        region=region,
        account_id=account,
        role="apply",
        issued_key=False,
        parameters=values,
        settings=state.settings,
    )
    with state.lock:
        for settle in registry.settlers(service):
            settle(call)
        try:
            return function(call) or {}
        except Refusal as refusal:
            raise ValueError(f"{refusal.code}: {refusal.message}") from refusal
