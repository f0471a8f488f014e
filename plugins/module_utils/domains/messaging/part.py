# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What queues, brokers, and each further back end have in common.

Without an entry, a back end desires nothing, and its kinds look only for what carries the component's tags.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ...aws.place import Place
from ...aws.policies import key_policy, logs_use_of_key
from ...component.domain import Observation
from ...component.parts import Context, Described, Part
from ...reconcile.model import Resource

ALL = "*"
"""What stands for every entry in an option of consent."""


class MessagingPart(Part):
    """One back end."""

    def may(self, consent: str, name: str) -> bool:
        """Whether an option of consent names this entry."""
        allowed = self.context.params.get(consent) or ()
        return name in allowed or ALL in allowed

    def resources(self, _described: Described, _observation: Observation) -> Sequence[Resource]:
        return ()


def looks_for(option: str, described: Described, context: Context) -> bool:
    """Whether a back end is asked in any case; otherwise only if the tagging API knows something of it.

    It is where its option has an entry, where everything is to go, and where nothing was read at all: for policies and for the unclaimed.
    """
    return bool(described.get(option)) or option not in described or context.params.get("state") == "absent"


def tags_of(place: Place, name: str, tags: Mapping[str, str]) -> dict[str, str]:
    """The user's tags and a name."""
    return {**place.tags, **tags, "Name": name}


def key_of(place: Place, what: str, log_groups: str) -> Resource:
    """The component's key for all its brokers or streams. ``log_groups``: a pattern of those whose logs it encrypts."""
    properties = {
        "description": f"{what.capitalize()} of {place.environment}/{place.component}",
        "policy": key_policy(place, logs_use_of_key(place, "CloudWatchLogs", log_groups)),
        "enable_key_rotation": True,
        "alias": f"alias{place.path}{what}",
        "tags": tags_of(place, f"{place.environment}-{place.component}-{what}", {}),
    }
    return Resource("kms_key", what, properties)
