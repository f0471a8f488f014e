# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The smallest resource of each kind of all parts, for tests that create, change and delete one of each kind."""

from __future__ import annotations

from ...aws.place import Place
from ...aws.samples import Sample
from . import samples_brokers, samples_queues, samples_streams

PARTS = (samples_queues, samples_brokers, samples_streams)


def samples(place: Place) -> tuple[Sample, ...]:
    return tuple(sample for part in PARTS for sample in part.samples(place))
