# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""site.yml with real servers: the second run calls nothing that changes AWS and runs no statement that changes a database.

With generated credentials, test_whole_life.py shows the same.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.integration.conftest import CloudFor
from tests.integration.eks_operations.site import Site
from tests.integration.eks_operations.support import ACCOUNT, REGION
from tests.integration.site import Requests

from .servers import changing_statements

CONTENT: dict[str, Any] = {
    "databases": {
        "app": {"owner": "app_owner", "access": {"app": "write", "reports": "read"}, "extensions": ["vector"], "schemas": {"shop": {}}},
        "other": {},
    },
    "users": {
        "app_owner": {"login": "none"},
        "app": {"login": "password", "settings": {"search_path": "shop, public"}},
        "reports": {"login": "iam", "connection_limit": 5},
    },
}


@pytest.mark.parametrize("credentials", ["managed", "iam"])
def test_a_second_run_changes_nothing(cloud_for: CloudFor, tmp_path: Path, credentials: str) -> None:
    cloud = cloud_for(account_id=ACCOUNT, region=REGION, settings={"databases": True, "control_planes": False})
    site = Site(cloud, tmp_path, {"vpc": ["network"], "rds": ["database"]})
    main = {
        "version": "17",
        "class": "db.t4g.medium",
        "storage": {"size": 20},
        "master": {"credentials": credentials},
        "iam_authentication": True,
        **({"replicas": {"reports": {}}} if credentials != "managed" else {}),
        **CONTENT,
    }
    site.variables |= {"rds_databases": {"main": main}}
    site.must("site.yml")
    first = changing_statements(cloud.client("rds"))
    assert any("CREATE DATABASE" in statement for statement in first), "the server's log has the statements of the first run"
    requests = Requests(cloud)
    done = site.must("site.yml")
    assert requests.changes() == [], done.text
    assert changing_statements(cloud.client("rds")) == first
    assert {one["component"]: one["counts"]["unchanged"] > 0 for one in site.summary()["components"]} == {"network": True, "database": True}
    assert site.summary()["result"] == "no_changes", done.text
