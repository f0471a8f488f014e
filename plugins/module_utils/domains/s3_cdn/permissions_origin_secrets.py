# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""How narrowly the IAM permissions for secret headers can be scoped (Service Authorization Reference, AWS Secrets Manager)."""

from __future__ import annotations

from ...aws.grants import REGIONAL, Grant, Permissions, arn, each, request_marked

OWN = Grant((arn("secretsmanager", "secret:{path}*"),))

ORIGIN_SECRETS = Permissions(
    reads={
        "secretsmanager:ListSecrets": (REGIONAL,),
        # A rotation keeps what the current value has besides the password.
        **each("secretsmanager", "DescribeSecret GetSecretValue", OWN),
    },
    writes={
        "secretsmanager:CreateSecret": (Grant(OWN.resources, (request_marked,)),),
        **each(
            "secretsmanager",
            "DeleteSecret PutSecretValue RestoreSecret TagResource UntagResource UpdateSecret UpdateSecretVersionStage",
            OWN,
        ),
    },
    together={"secretsmanager:CreateSecret": ("secretsmanager:TagResource",)},
)
