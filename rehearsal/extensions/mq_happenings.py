"""What happens to brokers without a call of the account's: see `rehearsal/happenings.py`.

| happening | parameters |
|---|---|
| maintenance_window | BrokerId: applies what waits for the window |
| patch_upgrade | BrokerId, EngineVersion: Amazon MQ installs another patch version by itself |
| mirrored_queues | BrokerId, Exist (true or false): applications have mirrored queues, with which RabbitMQ 4 does not start |
"""

from __future__ import annotations

from typing import Any

from rehearsal.extensions.mq_common import broker_of
from rehearsal.registry import Call, happens


@happens("mq", "maintenance_window")
def maintenance_window(call: Call) -> Any:
    one = broker_of(call)
    pending = sorted(one.pending)
    one.apply()
    return {"applied": pending}


@happens("mq", "patch_upgrade")
def patch_upgrade(call: Call) -> Any:
    one = broker_of(call)
    one.values["EngineVersion"] = str(call.get("EngineVersion"))
    return {"EngineVersion": one.values["EngineVersion"]}


@happens("mq", "mirrored_queues")
def mirrored_queues(call: Call) -> Any:
    one = broker_of(call)
    one.mirrored = bool(call.get("Exist", True))
    return {"Exist": one.mirrored}
