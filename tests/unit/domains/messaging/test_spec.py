# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The modules' options match their documentation, and every setting is documented."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from ansible_collections.mainstay.aws.plugins.module_utils.domains.messaging.settings.context import Context
from ansible_collections.mainstay.aws.plugins.module_utils.domains.messaging.spec import argument_spec, info_argument_spec
from ansible_collections.mainstay.aws.plugins.module_utils.domains.messaging.validate import validate
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
        assert validate(task["mainstay.aws.messaging"], CONTEXT)[1] == []


def test_every_setting_is_documented() -> None:
    given = {"queues": {"one": {**NONSENSE, "senders": NONSENSE, "dead_letter": NONSENSE}}}
    marker = "; valid names are "
    messages = [one for one in validate(given, CONTEXT)[1] if marker in one]
    known = {word for message in messages for word in message.partition(marker)[2].split(", ")}
    text = " ".join(yaml.safe_load(messaging.DOCUMENTATION)["options"]["queues"]["description"])
    assert len(known) == 21
    assert [name for name in sorted(known) if f"C({name})" not in text] == []
