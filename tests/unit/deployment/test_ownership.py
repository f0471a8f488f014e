# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What a removal finds, if the caller may not list everything."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from ansible_collections.mainstay.aws.plugins.module_utils.cluster_objects.manifest import Marks
from ansible_collections.mainstay.aws.plugins.module_utils.deployment.cluster import Cluster
from ansible_collections.mainstay.aws.plugins.module_utils.deployment.ownership import Inventory
from ansible_collections.mainstay.aws.plugins.module_utils.deployment.record import Release
from ansible_collections.mainstay.aws.plugins.module_utils.kubernetes.problems import Forbidden, NotFound

MARKS = Marks("prod", "shop")
BUDGETS = "/apis/policy/v1/namespaces/shop/poddisruptionbudgets"


def budget(name: str, **labels: str) -> dict[str, Any]:
    metadata = {"name": name, "namespace": "shop", "uid": f"uid-{name}", "labels": labels}
    return {"apiVersion": "policy/v1", "kind": "PodDisruptionBudget", "metadata": metadata}


class FakeApi:
    """Has budgets, which may be read but not listed, and nothing else."""

    def __init__(self, *budgets: dict[str, Any]) -> None:
        self.there = {f"{BUDGETS}/{one['metadata']['name']}": one for one in budgets}

    def get(self, path: str, **_query: Any) -> dict[str, Any]:
        if path not in self.there:
            raise NotFound(404, path)
        return self.there[path]

    def list(self, path: str, **_query: Any) -> Any:
        if path == BUDGETS:
            raise Forbidden(403, "poddisruptionbudgets.policy is forbidden")
        return SimpleNamespace(items=[])


@pytest.mark.parametrize("field", ["objects", "beside"])
def test_records_name_what_the_caller_may_not_list(field: str) -> None:
    """``beside``: what a strategy left, such as the budget of a canary."""
    api: Any = FakeApi(budget("api-canary", **MARKS.labels()), budget("theirs", **Marks("prod", "other").labels()))
    manifests = tuple({**budget(name), "metadata": {"name": name, "namespace": "shop"}} for name in ("api-canary", "theirs", "gone"))
    release = Release("1", number=1, objects=manifests if field == "objects" else (), beside=manifests if field == "beside" else ())
    found = Inventory(Cluster(api, MARKS, "shop")).objects([release])
    assert [one.address for one in found] == ["kubernetes_object.PodDisruptionBudget/shop/api-canary"]
