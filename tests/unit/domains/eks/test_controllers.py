# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What the well-known controllers may do in AWS, where a user would notice that something is missing or too much."""

from __future__ import annotations

from fnmatch import fnmatchcase

import pytest

from ansible_collections.mainstay.aws.plugins.module_utils.domains.eks.settings.controllers import CONTROLLERS, SECRETS
from ansible_collections.mainstay.aws.plugins.module_utils.domains.eks.settings.statements import Scene

SCENE = Scene("prod-main", "prod", "af-south-1", "123456789012", "aws")
ROOT = "arn:aws:secretsmanager:af-south-1:123456789012:secret:"


@pytest.mark.parametrize(
    ("secret", "readable"),
    [
        ("prod/shop/app-a1b2c3", True),
        ("/mainstay/prod/database/main/user-app-a1b2c3", True),
        ("/mainstay/dev/database/main/user-app-a1b2c3", False),
        ("dev/shop/app-a1b2c3", False),
        ("rds!db-4711-a1b2c3", False),
    ],
)
def test_external_secrets_reads_the_secrets_of_its_environment(secret: str, readable: bool) -> None:
    read, *_others = CONTROLLERS[SECRETS].statements(SCENE)
    assert "secretsmanager:GetSecretValue" in read["Action"]
    assert any(fnmatchcase(f"{ROOT}{secret}", pattern) for pattern in read["Resource"]) is readable


def test_it_decrypts_with_the_keys_of_its_environment_only_what_secrets_manager_holds() -> None:
    (decrypt,) = (one for one in CONTROLLERS[SECRETS].statements(SCENE) if one["Action"] == ["kms:Decrypt"])
    assert decrypt["Condition"] == {
        "StringEquals": {"kms:ViaService": "secretsmanager.af-south-1.amazonaws.com", "aws:ResourceTag/mainstay:environment": "prod"}
    }
