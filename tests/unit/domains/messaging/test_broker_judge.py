# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Versions that cannot be reached, consent, and what waits for the maintenance window."""

from __future__ import annotations

import pytest

from ansible_collections.mainstay.aws.plugins.module_utils.domains.messaging.broker_judge import notes, objections
from ansible_collections.mainstay.aws.plugins.module_utils.domains.messaging.kinds.mq import pending, window_in, window_sent
from ansible_collections.mainstay.aws.plugins.module_utils.domains.messaging.settings.rabbitmq_versions import kept, way

from .broker_samples import broker, seen

M5, M7G = "mq.m5.large", "mq.m7g.large"
STEPS = [
    # (runs, on, wanted, consent, what the refusal says; None: no objection)
    ("3.13.7", M7G, "3.13", False, None),
    ("3.13.7", M7G, "4.2", True, None),
    (
        "3.13.7",
        M7G,
        "4.2",
        False,
        'name jobs in messaging_allow_upgrade (allow_upgrade of the module) for this run, or set version: "3.13"',
    ),
    ("3.13.7", M5, "4.2", True, 'it runs on mq.m5.large, and RabbitMQ 4 only on mq.m7g.*; keep version: "3.13", set instance_type'),
    ("3.13.7", M7G, "4.3", True, 'the way leads over 4.2; set version: "4.2", apply, reboot, and go on from there'),
    ("3.12.13", M7G, "4.3", True, 'the way leads over 3.13 and 4.2; set version: "3.13", apply'),
    ("4.2.1", M7G, "4.3", False, None),
    ("4.3.0", M7G, "4.2", False, None),
    ("4.2.1", M7G, "3.13", True, 'no upgrade leads from there to 3.13; set version: "4.2"'),
    ("4.9.0", M7G, "3.13", True, 'no upgrade leads from there to 3.13; set version: "4.9"'),
]


@pytest.mark.parametrize(("runs", "on", "wanted", "consent", "said"), STEPS)
def test_a_version_is_reached_in_one_step_or_refused(runs: str, on: str, wanted: str, consent: bool, said: str | None) -> None:
    found = objections({"jobs": broker(version=wanted)}, [seen(runs, on)], lambda dummy: consent)
    assert len(found) == (0 if said is None else 1)
    assert said is None or (said in found[0] and found[0].startswith("messaging_brokers.jobs"))


def test_what_is_pending_is_not_in_force() -> None:
    """A Graviton type that waits for a reboot does not carry RabbitMQ 4 yet."""
    present = seen("3.13.7", M5, {"host_instance_type": M7G})
    assert "and reboot; upgrade then" in objections({"jobs": broker(version="4.2")}, [present], lambda dummy: True)[0]


def test_there_is_no_way_back_to_the_smallest_type() -> None:
    found = objections({"jobs": broker("dev", version="3.13", instance_type="mq.t3.micro")}, [seen("3.13.7", M5)], lambda dummy: True)
    assert "no way back to mq.t3.micro" in found[0]


@pytest.mark.parametrize(
    ("wanted", "runs", "target"),
    [("4.2", "4.2", "4.2"), ("4.2", "4.3", "4.3"), ("4.3", "4.2", "4.3"), ("3.13", "4.2", "3.13"), ("4.2", None, "4.2")],
)
def test_later_minor_versions_are_left_alone(wanted: str, runs: str | None, target: str) -> None:
    assert kept(wanted, runs) == target


def test_the_way_ends_where_it_is_to_end() -> None:
    assert way("3.11", "4.3") == ["3.12", "3.13", "4.2", "4.3"]
    assert way("4.3", "3.13") == []


def test_what_waits_is_said_with_its_window_until_there_is_consent() -> None:
    present = seen(waiting={"host_instance_type": "mq.m7g.xlarge"})
    said = notes({"jobs": broker(version="4.2")}, [present], lambda dummy: False)
    assert any(
        "pending until the maintenance window (sun:03:00 UTC, which lasts two hours): host_instance_type = mq.m7g.xlarge" in one
        for one in said
    )
    assert not any("pending" in one for one in notes({"jobs": broker(version="4.2")}, [present], lambda dummy: True))


RAW = {
    "PendingEngineVersion": "4.2.1",
    "PendingHostInstanceType": M7G,
    "PendingSecurityGroups": ["sg-2", "sg-1"],
    "Logs": {"General": False, "Pending": {"General": True}},
    "Configurations": {"Current": {"Id": "c-1", "Revision": 1}, "Pending": {"Id": "c-1", "Revision": 2}},
}


def test_all_pending_values_are_read() -> None:
    assert pending(RAW) == {
        "engine_version": "4.2",
        "host_instance_type": M7G,
        "security_groups": ["sg-1", "sg-2"],
        "general_logs": True,
        "configuration": {"id": "c-1", "revision": 2},
    }
    assert pending({"Logs": {"General": True}, "Configurations": {"Current": {"Id": "c-1", "Revision": 1}}}) == {}


def test_a_window_reads_as_it_was_sent() -> None:
    assert window_in(window_sent("sun:03:00")) == "sun:03:00"
    assert window_in({"DayOfWeek": "MONDAY", "TimeOfDay": "01:00", "TimeZone": "Europe/Berlin"}) == "mon:01:00 Europe/Berlin"
