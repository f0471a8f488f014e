# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The smallest resource of each kind of queues."""

from __future__ import annotations

from ...aws.operations import Operation
from ...aws.place import Place
from ...aws.samples import Drift, Sample
from ...kinds.samples import NAME, key
from ...reconcile.model import Resource


def samples(place: Place) -> tuple[Sample, ...]:
    return (key(place), queue())


def queue() -> Sample:
    return Sample(
        Resource("message_queue", NAME, {"queue_name": NAME, "visibility_timeout": 30, "encryption": {"type": "sqs"}}),
        change={"visibility_timeout": 60},
        drift=Drift(
            Operation("sqs", "set_queue_attributes"),
            lambda one: {"QueueUrl": one.id, "Attributes": {"VisibilityTimeout": "90"}},
            "visibility_timeout",
        ),
    )
