# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Single values of user input: what is accepted, in which form, and what is rejected."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from ansible_collections.mainstay.aws.plugins.module_utils.inputs.values import (
    as_arn,
    as_block_text,
    as_integer,
    as_name,
    as_namespace,
    as_port,
    as_port_range,
    as_prefix_list,
    as_public_block,
    as_text,
    as_zone,
    block_remedy,
    is_worldwide,
    matching,
    one_of,
)
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.model import UNKNOWN

TAKEN: list[tuple[Callable[[Any], Any], Any, Any]] = [
    (as_zone, "af-south-1a", "af-south-1a"),
    (as_zone, "us-gov-west-1b", "us-gov-west-1b"),
    (as_name, "prod-Main_1", "prod-Main_1"),
    (as_name, "a" * 100, "a" * 100),
    (as_namespace, "kube-system", "kube-system"),
    (as_namespace, "a", "a"),
    (as_prefix_list, "pl-0123abcd", "pl-0123abcd"),
    (as_text, "x", "x"),
    (as_arn, "arn:aws:iam::123456789012:role/path/deploy", "arn:aws:iam::123456789012:role/path/deploy"),
    (as_arn, "arn:aws-cn:iam::aws:policy/ReadOnlyAccess", "arn:aws-cn:iam::aws:policy/ReadOnlyAccess"),
    (as_arn, "arn:aws:s3:::bucket", "arn:aws:s3:::bucket"),
    (as_arn, UNKNOWN, UNKNOWN),
    (as_integer, 7, 7),
    (as_integer, "7", 7),
    (as_block_text, "10.0.0.0/16", "10.0.0.0/16"),
    (as_public_block, "0.0.0.0/0", "0.0.0.0/0"),
    (as_public_block, "8.8.8.0/24", "8.8.8.0/24"),
    (as_port, "443", 443),
    (as_port_range, 80, (80, 80)),
    (as_port_range, "8000-8100", (8000, 8100)),
    (one_of(("a", "b")), "b", "b"),
    (matching(re.compile("a+")), "aaa", "aaa"),
]

REFUSED: list[tuple[Callable[[Any], Any], Any]] = [
    (as_zone, "us-east-1-bos-1a"),
    (as_zone, "af-south-1"),
    (as_zone, 1),
    (as_name, "-main"),
    (as_name, "a" * 101),
    (as_namespace, "Web"),
    (as_namespace, "-web"),
    (as_namespace, "a" * 64),
    (as_prefix_list, "pl-xyz"),
    (as_text, ""),
    (as_text, None),
    (as_arn, "role/deploy"),
    (as_arn, "arn:aws:iam::1234:role/deploy"),
    (as_integer, True),
    (as_integer, 1.5),
    (as_integer, "-1"),
    (as_block_text, "10.0.0.1/16"),
    (as_block_text, "10.0.0.0"),
    (as_block_text, "::/0"),
    (as_public_block, "10.0.0.0/8"),
    (as_public_block, "169.254.0.0/16"),
    (as_public_block, "224.0.0.0/4"),
    (as_port, 0),
    (as_port, 65536),
    (as_port_range, "9-8"),
    (as_port_range, True),
    (one_of(("a", "b")), "c"),
    (one_of({"1": "x"}), 1),
    (one_of({"a": "x"}), ["a"]),
    (matching(re.compile("a+")), "aab"),
]


@pytest.mark.parametrize(("convert", "value", "expected"), TAKEN)
def test_taken(convert: Callable[[Any], Any], value: Any, expected: Any) -> None:
    assert convert(value) == expected


@pytest.mark.parametrize(("convert", "value"), REFUSED)
def test_refused(convert: Callable[[Any], Any], value: Any) -> None:
    assert convert(value) is None


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("10.0.0.1/16", "it has host bits set; the block would be 10.0.0.0/16"),
        ("10.0.0.0/33", "it must be an IPv4 block such as 10.0.0.0/16"),
        (7, "it must be an IPv4 block such as 10.0.0.0/16"),
    ],
)
def test_what_to_write_instead_of_a_block(value: Any, expected: str) -> None:
    assert block_remedy(value) == expected


EIGHTHS = [f"{number}.0.0.0/3" for number in range(0, 256, 32)]


@pytest.mark.parametrize(
    ("blocks", "expected"),
    [
        ([], False),
        (["0.0.0.0/0"], True),
        (["0.0.0.0/1", "128.0.0.0/1"], True),
        (["0.0.0.0/1"], True),
        (["128.0.0.0/1"], True),
        (["0.0.0.0/2", "64.0.0.0/2", "128.0.0.0/2", "192.0.0.0/2"], True),
        (EIGHTHS, True),
        (EIGHTHS[:1], True),
        ([f"{number}.0.0.0/8" for number in range(1, 224)], True),
        ([f"203.{number}.0.0/16" for number in range(256)] + ["204.0.0.0/16"], True),
        (["203.0.113.0/24", "198.51.100.0/24"], False),
        (["203.0.0.0/8"], False),
        (["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"], False),
        (["203.0.113.0/24"] * 100, False),
    ],
)
def test_blocks_that_cover_the_internet(blocks: list[str], expected: bool) -> None:
    assert is_worldwide(blocks) is expected
