# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Target groups of the load balancer controller: which are in use, and what their tags say."""

from __future__ import annotations

from typing import Any

from ansible_collections.mainstay.aws.plugins.module_utils.aws.target_groups import CLUSTER, RESOURCE, target_groups

ARN = "arn:aws:elasticloadbalancing:af-south-1:123456789012"
BALANCER = "app/k8s-shop/2"


class Balancers:
    """Answers as Elastic Load Balancing does for 25 target groups in use and one that no load balancer uses."""

    def __init__(self) -> None:
        self.asked: list[int] = []

    def list_all(self, _service: str, _method: str, _items: str) -> list[dict[str, Any]]:
        used = [f"{ARN}:loadbalancer/{BALANCER}"]
        groups = [{"TargetGroupArn": f"{ARN}:targetgroup/g{number}/1", "LoadBalancerArns": used} for number in range(25)]
        return [*groups, {"TargetGroupArn": f"{ARN}:targetgroup/old/1", "LoadBalancerArns": []}]

    def find(self, _service: str, _method: str, ResourceArns: list[str]) -> dict[str, Any]:  # noqa: N803 (the API's name)
        self.asked.append(len(ResourceArns))

        def tags(arn: str) -> list[dict[str, str]]:
            resource = f"shop/shop-{arn.split('/')[1]}:http"
            return [{"Key": CLUSTER, "Value": "prod-main"}, {"Key": RESOURCE, "Value": resource}] if "/g0/" not in arn else []

        return {"TagDescriptions": [{"ResourceArn": arn, "Tags": tags(arn)} for arn in ResourceArns]}


def test_target_groups_in_use_and_what_they_are_for() -> None:
    aws: Any = Balancers()
    found = target_groups(aws)
    assert aws.asked == [20, 5]
    assert (len(found), found[24].backend, found[24].cluster) == (25, "shop/shop-g24", "prod-main")
    assert (found[24].dimension, found[24].balancer) == ("targetgroup/g24/1", BALANCER)
    assert (found[0].backend, found[0].cluster) == ("", "")
