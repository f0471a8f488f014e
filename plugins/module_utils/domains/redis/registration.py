# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The ElastiCache domain's entry in the registry of domains."""

from __future__ import annotations

from ...component.registration import Details, Registration


def load() -> Details:
    from ...aws.operations import operations
    from ...kinds.permissions import UNUSED
    from .domain import KINDS, SERVICES
    from .names import names
    from .permissions import PERMISSIONS
    from .samples import samples

    unused = {action: why for action, why in UNUSED.items() if not action.startswith("iam:")}
    return Details(
        kinds=KINDS,
        services=SERVICES,
        permissions=PERMISSIONS,
        reads={
            "snapshots": operations("elasticache", "describe_snapshots"),
            "defaults": operations("elasticache", "describe_engine_default_parameters"),
            "tokens": operations("secretsmanager", "get_secret_value"),
        },
        applying={"rotation of tokens and passwords": operations("secretsmanager", "update_secret_version_stage")},
        unused=unused,
        names=names,
        samples=samples,
    )


REGISTRATION = Registration(
    name="redis",
    role="redis",
    variable="redis_caches",
    order=(
        "cache_key",
        "secret",
        "cache_subnet_group",
        "cache_parameter_group",
        "cache_log_group",
        "cache_user",
        "cache_user_group",
        "replication_group",
    ),
    load=load,
)
