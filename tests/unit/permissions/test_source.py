# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Which operations are read out of the source of kinds."""

from __future__ import annotations

import pytest

from ansible_collections.mainstay.aws.plugins.module_utils.domains.network.domain import KINDS
from ansible_collections.mainstay.aws.plugins.module_utils.permissions.source import (
    Unreadable,
    method_names,
    operations_of,
    operations_of_question,
)
from tests.integration.faults import test_matrix as matrix
from tests.unit.permissions import some_kinds

HERE = some_kinds.__name__


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        (some_kinds.Inherits(), {"ec2:DescribeVpcs", "ec2:CreateTags", "ec2:DeleteVpc"}),
        (some_kinds.Overrides(), {"iam:GetRole", "ec2:DeleteRouteTable"}),
        (
            some_kinds.Either(),
            {
                *("kms:EnableKeyRotation", "kms:DisableKeyRotation"),
                *("ec2:AuthorizeSecurityGroupIngress", "ec2:AuthorizeSecurityGroupEgress"),
            },
        ),
        (some_kinds.Tables(), {"iam:ListRoles", "iam:GetRole"}),
        (some_kinds.Helped(), {"ec2:RevokeSecurityGroupIngress", "ec2:RevokeSecurityGroupEgress", "ec2:CreateTags"}),
    ],
    ids=lambda value: type(value).__name__,
)
def test_operations(kind: object, expected: set[str]) -> None:
    assert {str(operation) for operation in operations_of(kind, HERE)} == expected


def test_a_question() -> None:
    assert {str(operation) for operation in operations_of_question(some_kinds.question, HERE)} == {"ec2:DescribeRegions"}


@pytest.mark.parametrize("kind", [some_kinds.Hidden(), some_kinds.Misspelt()], ids=lambda value: type(value).__name__)
def test_a_call_that_cannot_be_told_is_an_error(kind: object) -> None:
    with pytest.raises(Unreadable, match=f"{type(kind).__name__}.change makes a call of ec2 whose operation cannot be told"):
        operations_of(kind, HERE)


def test_the_fault_matrix_reads_the_same_changes_out_of_the_kinds() -> None:
    """It looks for them in another way, by their text, and for those that change something only."""
    services = ("ec2", "iam", "kms", "logs")
    changes = {method_names(service)[method] for method in matrix.operations() for service in services if method in method_names(service)}
    read = {operation.name for kind in KINDS.values() for operation in operations_of(kind)}
    assert {name for name in read if not name.startswith(("Describe", "Get", "List"))} == changes
