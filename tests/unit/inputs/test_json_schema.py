# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Values against JSON Schemas such as those of EKS add-ons: each mistake with its path, its value, and what would be right."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.mainstay.aws.plugins.module_utils.inputs.json_schema import mistakes

TEXT = {"type": "string"}
SCHEMA = {
    "$schema": "http://json-schema.org/draft-06/schema#",
    "$ref": "#/definitions/VpcCni",
    "definitions": {
        "VpcCni": {
            "type": "object",
            "additionalProperties": False,
            "properties": {
                "env": {"$ref": "#/definitions/Env"},
                "enableNetworkPolicy": {"type": "string", "enum": ["true", "false"]},
                "replicas": {"type": "integer", "minimum": 1, "maximum": 10},
                "ratio": {"type": "number", "exclusiveMinimum": 0},
                "tolerations": {"type": "array", "minItems": 1, "items": {"type": "object", "required": ["key"]}},
                "name": {"type": "string", "minLength": 2, "pattern": "^[a-z]+$"},
                "size": {"anyOf": [{"type": "integer"}, {"type": "string", "pattern": "%$"}]},
                "self": {"$ref": "#/definitions/VpcCni"},
                "maybe": {"type": ["string", "null"]},
                "odd": {"$ref": "#/nowhere"},
                "never": False,
                "labels": {"type": "object", "patternProperties": {"^x-": TEXT}, "additionalProperties": {"type": "integer"}},
            },
        },
        "Env": {"type": "object", "additionalProperties": TEXT},
    },
}


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({}, []),
        ({"env": {"ENABLE_PREFIX_DELEGATION": "true"}, "replicas": 2, "ratio": 1, "maybe": None, "odd": 7}, []),
        ({"env": {"A": True}}, [(".env.A", 'its type must be string; write "true" in quotes')]),
        ({"env": {"A": 1}}, [(".env.A", 'its type must be string; write "1" in quotes')]),
        ({"env": []}, [(".env", "its type must be object")]),
        ({"enableNetworkPolicy": "yes"}, [(".enableNetworkPolicy", "it must be one of true, false")]),
        ({"replicas": "2"}, [(".replicas", "its type must be integer; write it without quotes")]),
        ({"replicas": True}, [(".replicas", "its type must be integer")]),
        ({"replicas": 0}, [(".replicas", "it must be at least 1")]),
        ({"replicas": 11}, [(".replicas", "it must be at most 10")]),
        ({"replicas": 2.0}, []),
        ({"ratio": 0}, [(".ratio", "it must be more than 0")]),
        ({"replica": 1}, [(".replica", "there is no such setting; did you mean replicas?")]),
        ({"tolerations": []}, [(".tolerations", "it must have at least 1 items")]),
        ({"tolerations": [{"key": "a"}, {}, 1]}, [(".tolerations[1]", "it needs key"), (".tolerations[2]", "its type must be object")]),
        ({"name": "a"}, [(".name", "it must have at least 2 characters")]),
        ({"name": "A1"}, [(".name", "it must match ^[a-z]+$")]),
        ({"size": "10%"}, []),
        ({"size": "10"}, [(".size", "it must match %$")]),
        ({"self": {"self": {"replicas": 0}}}, [(".self.self.replicas", "it must be at least 1")]),
        ({"never": 1}, [(".never", "nothing is allowed here; leave it out")]),
        (
            {"labels": {"x-a": 1, "b": "c"}},
            [
                (".labels.x-a", 'its type must be string; write "1" in quotes'),
                (".labels.b", "its type must be integer; write it without quotes"),
            ],
        ),
        ([], [("", "its type must be object")]),
    ],
)
def test_mistakes(value: Any, expected: list[tuple[str, str]]) -> None:
    assert [(one.path, one.remedy) for one in mistakes(value, SCHEMA)] == expected


@pytest.mark.parametrize("schema", [True, {}, None, [], {"type": "strange"}, {"$ref": "#"}, {"pattern": "("}, {"$ref": "other.json"}])
def test_a_schema_that_is_not_understood_refuses_nothing(schema: Any) -> None:
    assert mistakes("value", schema) == []
