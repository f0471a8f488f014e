# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The modules' options match their documentation, and every setting is documented."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import yaml

from ansible_collections.mainstay.aws.plugins.module_utils.component.parts import Context
from ansible_collections.mainstay.aws.plugins.module_utils.domains.messaging.parts import validate
from ansible_collections.mainstay.aws.plugins.module_utils.domains.messaging.settings.broker import ELSEWHERE
from ansible_collections.mainstay.aws.plugins.module_utils.domains.messaging.spec import argument_spec, info_argument_spec
from ansible_collections.mainstay.aws.plugins.modules import messaging, messaging_info
from tests.unit.documentation import documentable, options_with_fragments

MODULES = [
    pytest.param(messaging.DOCUMENTATION, argument_spec(), id="messaging"),
    pytest.param(messaging_info.DOCUMENTATION, info_argument_spec(), id="messaging_info"),
]
CONTEXT = Context("prod", "queues")
NONSENSE = {"nonsense": 1}


@pytest.mark.parametrize(("documentation", "options"), MODULES)
def test_documentation_and_options_agree(documentation: str, options: dict[str, Any]) -> None:
    assert options_with_fragments(documentation) == documentable(options)


def test_examples_are_valid() -> None:
    for task in yaml.safe_load(messaging.EXAMPLES):
        params = task["mainstay.aws.messaging"]
        assert validate(params, replace(CONTEXT, params=params))[1] == []


QUEUE = {**NONSENSE, "senders": NONSENSE, "dead_letter": NONSENSE}
BROKER = {**NONSENSE, **dict.fromkeys(("administrator", "maintenance", "logs"), NONSENSE)}


@pytest.mark.parametrize(("option", "settings", "count"), [("queues", QUEUE, 21), ("brokers", BROKER, 19)])
def test_every_setting_is_documented(option: str, settings: dict[str, Any], count: int) -> None:
    """What other tools call differently is known as well, to be refused with a remedy; it is not documented."""
    marker = "; valid names are "
    messages = [one for one in validate({option: {"one": settings}}, CONTEXT)[1] if marker in one]
    known = {word for message in messages for word in message.partition(marker)[2].split(", ")} - {*ELSEWHERE}
    text = " ".join(yaml.safe_load(messaging.DOCUMENTATION)["options"][option]["description"])
    assert [name for name in sorted(known) if f"C({name})" not in text] == []
    assert len(known) == count
