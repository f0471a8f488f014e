# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The alarm that rings once a day, so that everybody knows that alarms still arrive."""

from __future__ import annotations

from ...aws.place import Place
from .alarms.model import AT_LEAST, Alarm, Metric, Query
from .names import own_name
from .settings.quiet import Heartbeat

NAME = "heartbeat"
PERIOD = 300
"""Seconds. It is in ALARM for one period a day."""


def heartbeat(one: Heartbeat, place: Place) -> Alarm:
    """An expression over the time alone: 1 in the period that contains the time of the day.

    An alarm needs a metric among its queries, whether or not the expression uses it: the one that counts this topic's messages.
    """
    topic = Metric("AWS/SNS", "NumberOfMessagesPublished", (("TopicName", own_name(place, one.severity)),), "Sum", PERIOD)
    minute = one.minute - one.minute % (PERIOD // 60)
    clock = "TIME_SERIES(0)"
    expression = f"IF(HOUR({clock}) == {one.hour} AND MINUTE({clock}) >= {minute} AND MINUTE({clock}) < {minute + PERIOD // 60}, 1, 0)"
    return Alarm(
        name=NAME,
        severity=one.severity,
        subject=("alarms", NAME),
        kind=NAME,
        metrics=(Query("m1", topic), Query("beat", expression=expression, label="heartbeat", returns=True)),
        comparison=AT_LEAST,
        threshold=1.0,
        unit="Count",
        period=PERIOD,
        evaluation_periods=1,
        datapoints=1,
        missing_data="notBreaching",
        missing_reason="an expression over the time always has data",
        description=f"Rings every day at {one.hour:02}:{minute:02} UTC. If it does not, alarms of {place.environment} do not arrive: look "
        "at the alarm's history, then at the topic's policy and key, then at the receiver.",
        region=place.region,
    )
