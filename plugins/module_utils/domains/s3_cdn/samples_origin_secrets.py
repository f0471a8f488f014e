# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The smallest secret header, for tests that create, change and delete one of each kind."""

from __future__ import annotations

from typing import Any

from ...aws.operations import Operation
from ...aws.place import Place
from ...aws.samples import Drift, Sample
from ...kinds.samples import NAME
from ...reconcile.model import Resource


def origin_secret(place: Place, name: str = NAME, **more: Any) -> Resource:
    properties: dict[str, Any] = {"secret_name": f"{place.path}origin-{name}", "content": {}, "deletion_date": None}
    return Resource("origin_secret", name, {**properties, **more})


def samples(place: Place) -> tuple[Sample, ...]:
    return (
        Sample(
            origin_secret(place, description="one"),
            change={"description": "two"},
            drift=Drift(
                Operation("secretsmanager", "update_secret"), lambda one: {"SecretId": one.id, "Description": "by hand"}, "description"
            ),
        ),
    )
