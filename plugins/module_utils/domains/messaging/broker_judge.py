# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What is refused about brokers because of what exists, and what a plan says beside its actions. Pure functions."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from ...reconcile.model import Observed
from .kinds.mq import sentence
from .settings.broker import SMALLEST, Broker
from .settings.rabbitmq_versions import is_major_step, kept, minor_of, needs_graviton, step_problem

DOWN = (
    "Amazon MQ lets no client in while it upgrades the broker, the longer the more messages wait, and refuses an upgrade while there are "
    "mirrored classic queues or the feature flag khepri_db; there is no way back"
)
NO_METRICS = "RabbitMQ 4 sends no metrics of single queues to CloudWatch; alarms on them need the management API"


def present_of(observed: Sequence[Observed]) -> dict[str, Observed]:
    return {seen.address.partition(".")[2]: seen for seen in observed if seen.kind == "mq_broker" and seen.state in ("ready", "pending")}


def objections(brokers: Mapping[str, Broker], observed: Sequence[Observed], may_upgrade: Callable[[str], bool]) -> list[str]:
    """One sentence for each reason to refuse the run."""
    there = present_of(observed)
    return [text for name in sorted(brokers) if name in there for text in of_present(brokers[name], there[name], may_upgrade(name))]


def of_present(one: Broker, present: Observed, consent: bool) -> Iterator[str]:
    """What runs is in the attributes; the properties say what will run after a reboot."""
    runs = minor_of(str(present.attributes.get("engine_version") or ""))
    instance_type = str(present.attributes.get("instance_type") or "")
    if runs and instance_type:
        yield from of_version(one, runs, instance_type, consent)
    if instance_type and one.instance_type == SMALLEST and instance_type != SMALLEST:
        yield f"{one.path}.instance_type is '{SMALLEST}', but it runs on {instance_type}, and Amazon MQ has no way back to {SMALLEST}"


def of_version(one: Broker, runs: str, instance_type: str, consent: bool) -> Iterator[str]:
    if kept(one.version, runs) == runs:
        return
    if problem := step_problem(runs, one.version, instance_type):
        yield f"{one.path}.version is '{one.version}', but {problem}"
    elif is_major_step(runs, one.version) and not consent:
        yield (
            f"{one.path} would be upgraded from RabbitMQ {runs} to {one.version}: {DOWN}; stop all clients, and name {one.name} "
            f'in messaging_allow_upgrade (allow_upgrade of the module) for this run, or set version: "{runs}"'
        )


def notes(brokers: Mapping[str, Broker], observed: Sequence[Observed], reboots: Callable[[str], bool]) -> list[str]:
    there = present_of(observed)
    return [f"{name}: {text}" for name in sorted(brokers) for text in of_broker(brokers[name], there.get(name), reboots(name))]


def of_broker(one: Broker, present: Observed | None, reboots: bool) -> Iterator[str]:
    if needs_graviton(one.version):
        yield NO_METRICS
    if present is None:
        return
    runs = str(present.attributes.get("engine_version") or "")
    if runs and kept(one.version, minor_of(runs)) != one.version:
        yield f"it runs RabbitMQ {runs}, later than {one.path}.version; Amazon MQ's own upgrades are left alone"
    waiting = present.properties.get("pending_changes")
    if waiting and not reboots:
        yield sentence(waiting, present.attributes.get("window"), one.name)
