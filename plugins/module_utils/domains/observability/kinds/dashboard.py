# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""CloudWatch dashboards, compared as JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from ....aws.connection import Aws
from ....aws.named_kind import NamedCalls, NamedKind, Tagging
from ....reconcile.errors import AlreadyThere, CallFailed
from ....reconcile.model import Observed, fixed, given


def body(value: Any) -> Any:
    """A body without its layout as text: two bodies that say the same are the same."""
    return json.loads(value) if isinstance(value, str) else json.loads(json.dumps(value))


class Dashboard(NamedKind):
    """Found by the prefix of their names. Their tags are in no list but the one of CloudWatch's own call."""

    name = "dashboard"
    calls = NamedCalls(
        service="cloudwatch",
        list="list_dashboards",
        items="DashboardEntries",
        describe="get_dashboard",
        create="put_dashboard",
        delete="delete_dashboards",
        name="DashboardName",
        id="DashboardName",
        arn="DashboardArn",
    )
    tagging = Tagging(tag="tag_resource", untag="untag_resource", key="ResourceARN", of="arn", read="list_tags_for_resource")
    exclusive = True
    called = "dashboard_name"

    dashboard_name = fixed()
    dashboard_body = given(canonical=body, document=True)

    def list_params(self, aws: Aws) -> dict[str, Any]:
        return {"DashboardNamePrefix": aws.owner.environment}

    def create(self, aws: Aws, address: str, properties: Mapping[str, Any], token: str) -> Observed:
        """PutDashboard replaces a dashboard of any owner, so this looks first."""
        name = str(properties["dashboard_name"])
        if self.describe(aws, {"DashboardName": name}):
            raise AlreadyThere(f"a dashboard with the name {name} already exists", "cloudwatch:PutDashboard")
        return super().create(aws, address, properties, token)

    def set_dashboard_body(self, aws: Aws, seen: Observed, value: Any) -> None:
        reply = aws.change("cloudwatch", "put_dashboard", DashboardName=seen.id, DashboardBody=json.dumps(value))
        for one in reply.get("DashboardValidationMessages") or ():
            raise CallFailed(f"{one.get('DataPath', '')}: {one.get('Message', '')}", "cloudwatch:PutDashboard", "DashboardInvalid")

    def delete(self, aws: Aws, seen: Observed) -> None:
        aws.remove("cloudwatch", "delete_dashboards", DashboardNames=[seen.id])
