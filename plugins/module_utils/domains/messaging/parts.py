# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The parts of the domain, in the order in which a person reads a plan. A further part is one more entry."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...component import parts
from ...component.parts import Context, Described
from .part import MessagingPart
from .part_brokers import BrokersPart
from .part_queues import QueuesPart
from .part_streams import StreamsPart

PARTS: tuple[type[MessagingPart], ...] = (QueuesPart, BrokersPart, StreamsPart)


def validate(given: Mapping[str, Any], context: Context) -> tuple[Described, list[str]]:
    """(the settings, every problem with them): what can be rejected before the first call."""
    return parts.validate(PARTS, given, context)
