"""How make rehearse finds the logins of caches, and what it prints."""

from __future__ import annotations

from typing import Any

import pytest

from scripts.caches import Login, address_of, instructions, secret_in

ARN = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:mainstay/prod/redis/main/token-AbCdEf"
PRIMARY = {"PrimaryEndpoint": {"Address": "127.70.1.1", "Port": 6379}}
CONFIGURATION = {"Address": "127.70.1.9", "Port": 6380}


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        ({"mainstay:credentials": "mainstay/prod/redis/main/token-AbCdEf 1234 refuse"}, ARN),
        ({"mainstay:credentials": "mainstay/prod/redis/other/token-AbCdEf 1234 refuse"}, None),
        ({"Name": "main"}, None),
    ],
)
def test_the_secret_that_a_tag_names(tags: dict[str, str], expected: str | None) -> None:
    assert secret_in(tags, [ARN]) == expected


@pytest.mark.parametrize(
    ("group", "expected"),
    [
        ({"NodeGroups": [PRIMARY]}, ("127.70.1.1", 6379)),
        ({"NodeGroups": [{}], "ConfigurationEndpoint": CONFIGURATION}, ("127.70.1.9", 6380)),
        ({}, None),
    ],
)
def test_where_clients_begin(group: dict[str, Any], expected: tuple[str, int] | None) -> None:
    assert address_of(group) == expected


def test_what_is_printed_connects_with_verification() -> None:
    secret, connect = instructions(("127.70.1.1", 6379), "/tmp/with space/ca.pem", [Login("app", ARN)])
    assert f"--secret-id {ARN}" in secret
    assert connect.strip() == "valkey-cli -h 127.70.1.1 -p 6379 --tls --cacert '/tmp/with space/ca.pem' --user app --askpass"
    assert instructions(("127.70.1.1", 6379), None, []) == ["    valkey-cli -h 127.70.1.1 -p 6379"]
