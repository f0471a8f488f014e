"""The life of a DB instance: the phases that it passes through, see `rehearsal/life.py`. The setting `transition_seconds` for
`rds_instance` is the time of a whole sequence; `SHARES` says how its phases divide it.
"""

from __future__ import annotations

from typing import Any

from rehearsal import life, transitions
from rehearsal.life import LifeState, Phase, life_of
from rehearsal.registry import adjusts, settles
from rehearsal.transitions import KINDS

KIND = "rds_instance"
SHARES = {
    "creating": 0.7,
    "configuring-enhanced-monitoring": 0.1,
    "backing-up": 0.2,
    "available": 0.2,  # AWS still shows a changed instance as available for some seconds
}
"""The share of a phase in the time of a sequence; for every other phase it is 0.8."""
OTHER_SHARE = 0.8


def phase(status: str, **options: Any) -> Phase:
    """A phase of the length that the settings give it; the options are those of `Phase`."""
    return Phase(status, transitions.delays.seconds_for(KIND) * SHARES.get(status, OTHER_SHARE), **options)


def end_script(instance: Any) -> None:
    """A change has been accepted: the script in effect, if there is one, has ended."""
    life.end_script(KIND, instance)


@adjusts("rds")
def install_states_of_instances() -> None:
    from moto.rds.models import DBInstance

    DBInstance.id = property(lambda self: self.db_instance_identifier)
    DBInstance.status = LifeState(KINDS[KIND])


@settles("rds")
def advance_instances(call: Any) -> None:
    """Applies what has been completed since the last call, in every region of the account, because replicas can be in another one."""
    from moto.rds.models import rds_backends

    if call.account_id not in rds_backends:
        return
    for backend in list(rds_backends[call.account_id].values()):
        for instance in list(backend.databases.values()):
            life_of(instance).advance()
