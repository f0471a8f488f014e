# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The parts of the domain, in the order in which a person reads a plan. A further part is one more entry."""

from __future__ import annotations

from .part import Part
from .part_brokers import BrokersPart
from .part_queues import QueuesPart

PARTS: tuple[type[Part], ...] = (QueuesPart, BrokersPart)
