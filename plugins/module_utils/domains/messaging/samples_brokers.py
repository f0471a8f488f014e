# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The smallest resource of each kind of a broker, for tests that create, change and delete one of each kind."""

from __future__ import annotations

import base64

from ...aws.operations import Operation
from ...aws.place import Place
from ...aws.samples import Drift, Sample
from ...kinds.samples import NAME, VPC, plain_secret, subnets
from ...reconcile.model import Resource, ref
from .resources_brokers import CONFIGURATION, KIND, SECRET

VERSION = "3.13"
BY_HAND = base64.b64encode(b"heartbeat = 120\n").decode()


def samples(place: Place) -> tuple[Sample, ...]:
    return plain_secret(place), configuration(), broker(place)


def configuration_resource() -> Resource:
    return Resource(CONFIGURATION, NAME, {"configuration_name": NAME, "engine_version": VERSION, "options": {"heartbeat": "60"}})


def configuration() -> Sample:
    return Sample(
        configuration_resource(),
        change={"options": {"heartbeat": "90"}},
        drift=Drift(Operation("mq", "update_configuration"), lambda one: {"ConfigurationId": one.id, "Data": BY_HAND}, "options"),
    )


def broker_resource(place: Place) -> Resource:
    made = configuration_resource()
    properties = {
        "broker_name": NAME,
        "deployment_mode": "SINGLE_INSTANCE",
        "subnet_ids": [ref(subnets(place)[0].address)],
        "engine_version": VERSION,
        "host_instance_type": "mq.m5.large",
        "configuration": {"id": ref(made.address), "revision": ref(made.address, "revision")},
        "general_logs": False,
        "maintenance_window": "sun:03:00",
        "administrator": {"username": "administrator", "secret_arn": ref(f"{SECRET}.{NAME}", "arn")},
    }
    return Resource(KIND, NAME, properties)


def broker(place: Place) -> Sample:
    """Its instance type is changed, which a reboot makes, and its window by hand, which changes at once."""
    return Sample(
        broker_resource(place),
        needs=(VPC, subnets(place)[0], plain_secret(place).resource, configuration_resource()),
        change={"host_instance_type": "mq.m5.xlarge"},
        drift=Drift(
            Operation("mq", "update_broker"),
            lambda one: {
                "BrokerId": one.id,
                "MaintenanceWindowStartTime": {"DayOfWeek": "MONDAY", "TimeOfDay": "01:00", "TimeZone": "UTC"},
            },
            "maintenance_window",
        ),
    )
