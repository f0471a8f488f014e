# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Where an application's logs are, and what it counts in them."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.mainstay.aws.plugins.module_utils.domains.app_deploy.logs import Log, check_logs, log_of
from ansible_collections.mainstay.aws.plugins.module_utils.domains.app_deploy.surroundings import Surroundings
from ansible_collections.mainstay.aws.plugins.module_utils.inputs.problems import Problems

FLUENT = {"version": "1.36", "node_groups": {"a": {}}, "controllers": ["fluent-bit"]}
AROUND = Surroundings(
    "prod",
    "af-south-1",
    clusters={
        "main": FLUENT,
        "named": {**FLUENT, "name": "shop"},
        "fargate": {**FLUENT, "fargate_profiles": {"jobs": {"selectors": [{"namespace": "shop"}]}}},
        "quiet": {"version": "1.36", "node_groups": {"a": {}}},
    },
)
USERS = '{ $.event = "user_created" }'


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({}, Log("/aws/eks/prod-main/containers", shared=True)),
        ({"app_deploy_cluster": "named"}, Log("/aws/eks/shop/containers", shared=True)),
        ({"app_deploy_cluster": "fargate"}, Log()),
        ({"app_deploy_cluster": "quiet"}, Log()),
        ({"app_deploy_cluster": "none"}, Log()),
        ({"app_deploy_eks_cluster": "theirs"}, Log()),
        ({"app_deploy_cluster": "fargate", "app_deploy_logging": {"log_group": "/shop"}}, Log("/shop")),
        ({"app_deploy_eks_cluster": "theirs", "app_deploy_logging": {"log_group": "/shop"}}, Log("/shop")),
    ],
)
def test_where_the_logs_are(variables: dict[str, Any], expected: Log) -> None:
    assert log_of({"app_deploy_namespace": "shop", **variables}, "shop", AROUND) == expected


@pytest.mark.parametrize(
    ("metrics", "more", "expected"),
    [
        ({"new-users": USERS}, {}, None),
        ({"revenue": {"pattern": USERS, "value": "$.order.amount", "unit": "None"}}, {}, None),
        ({}, {"app_deploy_cluster": "quiet"}, None),
        (
            {"new-users": USERS},
            {"app_deploy_cluster": "quiet"},
            "app_deploy_metrics counts new-users in the application's logs, but",
        ),
        ({"new-users": "user_created"}, {}, "app_deploy_metrics.new-users.pattern is 'user_created', but give a pattern for JSON events"),
        ({"new-users": {}}, {}, "app_deploy_metrics.new-users.pattern is missing"),
        ({"New": USERS}, {}, "app_deploy_metrics is 'New', but the name of a metric must be"),
        ({"fatal": USERS}, {}, "app_deploy_metrics is 'fatal', but this metric counts the events of level FATAL"),
        ({"a": {"pattern": USERS, "value": "amount"}}, {}, "app_deploy_metrics.a.value is 'amount', but it must be a number, or a field"),
        ({"a": {"pattern": USERS, "unit": "EUR"}}, {}, "app_deploy_metrics.a.unit is 'EUR', but it must be one of None, Count"),
        ({"a": {"patern": USERS}}, {}, "app_deploy_metrics.a.patern is not a setting; did you mean pattern?"),
    ],
)
def test_what_is_refused(metrics: dict[str, Any], more: dict[str, Any], expected: str | None) -> None:
    problems = Problems()
    check_logs({"app_deploy_namespace": "shop", "app_deploy_metrics": metrics, **more}, "shop", AROUND, problems)
    assert problems.messages == [] if expected is None else any(expected in text for text in problems.messages), problems.messages
