# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Where the logs of an application are, and the metrics that it counts in them. Pure functions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from ...inputs.log_metrics import LogMetric, read_log_metrics
from ...inputs.problems import Problems
from ..eks.roles import log_group_name
from ..eks.settings.cluster import checked
from ..eks.settings.controllers import LOGS
from .options import labels_of
from .surroundings import Surroundings, cluster_facts

METRICS, LOGGING = "app_deploy_metrics", "app_deploy_logging"
NOWHERE_TO_COUNT = (
    "but nothing collects the application's logs in CloudWatch: add fluent-bit to the controllers of its cluster, or give the log group "
    "that has them as app_deploy_logging.log_group"
)


@dataclass(frozen=True)
class Log:
    """``group``: the name of the log group; "" if nothing is known to collect logs. ``shared``: by the applications of the cluster."""

    group: str = ""
    shared: bool = False


def log_of(variables: Mapping[str, Any], name: str, around: Surroundings) -> Log:
    """The log group that the user names, or the one in which the cluster's Fluent Bit collects what runs on nodes.

    ``name``: of the application's component.
    """
    logging = variables.get(LOGGING)
    given = str(logging.get("log_group") or "") if isinstance(logging, Mapping) else ""
    if given or variables.get("app_deploy_eks_cluster"):
        return Log(given)
    described = str(variables.get("app_deploy_cluster") or "main")
    cluster = checked(around.clusters.get(described) or {})
    facts = cluster_facts(described, "", str(variables.get("app_deploy_namespace") or ""), labels_of(name), around)
    if LOGS not in cluster.controllers or facts["fargate"]:
        return Log()
    return Log(log_group_name(replace(cluster, aws_name=facts["name"]), "containers"), shared=True)


def metrics_of(variables: Mapping[str, Any], problems: Problems) -> dict[str, LogMetric]:
    return read_log_metrics(variables.get(METRICS), METRICS, problems)


def check_logs(variables: Mapping[str, Any], name: str, around: Surroundings, problems: Problems) -> None:
    """Metrics that are described well, and counted somewhere."""
    found = metrics_of(variables, problems)
    if found and not log_of(variables, name, around).group:
        problems.messages.append(f"{METRICS} counts {', '.join(found)} in the application's logs, {NOWHERE_TO_COUNT}")
