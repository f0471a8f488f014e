# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Secret headers: what is rejected, and that no value is sent before the load balancers admit it."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.mainstay.aws.plugins.module_utils.aws.place import Place
from ansible_collections.mainstay.aws.plugins.module_utils.component.parts import Context
from ansible_collections.mainstay.aws.plugins.module_utils.domains.s3_cdn.part import Granted
from ansible_collections.mainstay.aws.plugins.module_utils.domains.s3_cdn.part_origin_secrets import OriginSecrets, too_early
from ansible_collections.mainstay.aws.plugins.module_utils.domains.s3_cdn.settings.origin_secrets import SecretHeaders, read_origin_secrets
from ansible_collections.mainstay.aws.plugins.module_utils.inputs.problems import Problems

PLACE = Place("prod", "edge", "af-south-1", "111122223333")


def read(**given: Any) -> tuple[SecretHeaders, list[str]]:
    problems = Problems()
    return read_origin_secrets({"api": given}, "origin_secrets", problems), problems.messages


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"rotation": 2}, "origin_secrets.api.rotation is 2, but it must be a quoted text"),
        ({"in_use": "a b"}, "origin_secrets.api.in_use is 'a b'"),
        ({"value": "x"}, "origin_secrets.api.value is not a setting"),
    ],
)
def test_what_is_rejected(given: dict[str, Any], said: str) -> None:
    assert said in "\n".join(read(**given)[1])


@pytest.mark.parametrize(
    ("given", "live", "refused"),
    [
        ({}, None, False),
        ({"rotation": "1", "in_use": "1"}, None, False),
        ({"rotation": "2", "in_use": "1"}, "1", False),
        ({"rotation": "2", "in_use": "2"}, "2", False),
        ({"rotation": "2", "in_use": "2"}, "1", True),
        ({}, "1", True),
    ],
)
def test_a_value_is_admitted_before_it_is_sent(given: dict[str, str], live: str | None, refused: bool) -> None:
    wanted, problems = read(**given)
    assert problems == []
    found = list(too_early(wanted, {} if live is None else {"origin_secret.api": live}))
    assert bool(found) == refused
    assert not found or "deploy the applications behind it, then set in_use" in found[0]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, {"promoted": True}),
        ({"rotation": "2"}, {"rotation": "2"}),
        ({"rotation": "2", "in_use": "2"}, {"rotation": "2", "promoted": True}),
    ],
)
def test_what_is_built(given: dict[str, str], expected: dict[str, Any]) -> None:
    """A pending value stays pending as long as nothing is said about it."""
    part = OriginSecrets(Context("prod", "edge"))
    (one,) = part.resources({"origin_secrets": read(**given)[0]}, PLACE, Granted())
    assert one.properties["secret_name"] == "/mainstay/prod/edge/origin-api"
    assert {name: value for name, value in one.properties.items() if name in ("rotation", "promoted")} == expected
