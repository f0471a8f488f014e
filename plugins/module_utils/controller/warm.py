# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What many module calls of one run need and can share: imported modules, and botocore's service descriptions.

Ansible forks a worker for every task on every host. Workers inherit whatever the parent has already imported and read, at no cost. Each
worker must import and read the rest itself, which is most of the cost of a call without changes.
"""

from __future__ import annotations

import contextlib
import importlib
import os
from collections.abc import Iterable

from ..aws.inherited import prepare
from ..aws.service_models import loader
from ..aws.session import client_config

with contextlib.suppress(ImportError):  # AnsibleAWSModule reports what is missing
    import botocore.exceptions

MODULES = "ansible_collections.mainstay.aws.plugins.modules"
DATA_FILES = ("service-2", "endpoint-rule-set-1", "paginators-1")
SHARED_FILES = ("endpoints", "partitions", "sdk-default-configuration")


def warm(modules: Iterable[str], region: str = "") -> None:
    """Import these modules of the collection, and read the descriptions and create clients of the services that their ``SERVICES`` name."""
    shared = loader(os.environ.get("AWS_DATA_PATH"))
    for name in SHARED_FILES:
        shared.load_data(name)
    services: set[str] = set()
    for name in modules:
        with contextlib.suppress(ModuleNotFoundError):  # an action without a module
            services.update(getattr(importlib.import_module(f"{MODULES}.{name}"), "SERVICES", ()))
    for service in sorted(services):
        for kind in DATA_FILES:
            with contextlib.suppress(botocore.exceptions.DataNotFoundError):  # for example, a service without paginators
                shared.load_service_model(service, kind)
    if region and services:
        prepare(sorted(services), region, client_config())
