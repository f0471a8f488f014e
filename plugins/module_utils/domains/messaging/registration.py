# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The entry of the domain messaging in the registry of domains."""

from __future__ import annotations

from ...component.registration import Details, Registration


def load() -> Details:
    from ...aws.operations import operations
    from ...kinds.permissions import UNUSED
    from .domain import KINDS, SERVICES
    from .permissions import PERMISSIONS
    from .samples import samples

    return Details(
        kinds=KINDS,
        services=SERVICES,
        permissions=PERMISSIONS,
        reads={"versions of Kafka": operations("kafka", "list_kafka_versions")},
        unused={name: why for name, why in UNUSED.items() if name.startswith(("kms:", "logs:"))},
        samples=samples,
    )


REGISTRATION = Registration(
    name="messaging",
    role="messaging",
    variable="messaging_queues",
    order=(
        "kms_key",
        "message_queue",
        "secret",
        "mq_configuration",
        "mq_broker",
        "stream_log_group",
        "stream_secret",
        "msk_configuration",
        "msk_cluster",
    ),
    load=load,
)
