# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The entry of broker content in the registry of domains.

Its kinds are not AWS kinds: each call creates them for one broker, and what they manage disappears with the broker. So none are registered.
"""

from __future__ import annotations

from ...component.registration import Details, Registration


def load() -> Details:
    from ...aws.grants import Permissions, each
    from ...aws.operations import operations
    from ..messaging.permissions_brokers import SECRETS
    from .domain import SERVICES

    return Details(
        kinds={},
        services=SERVICES,
        permissions=Permissions(
            reads=each("secretsmanager", "DescribeSecret GetSecretValue", SECRETS),
            writes=each("secretsmanager", "UpdateSecretVersionStage", SECRETS),
        ),
        reads={"secrets of logins": operations("secretsmanager", "get_secret_value describe_secret")},
        applying={"rotation of passwords": operations("secretsmanager", "update_secret_version_stage")},
    )


REGISTRATION = Registration(
    name="broker_content",
    role="messaging",
    variable="messaging_brokers",
    order=(),
    load=load,
)
