# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The applications of the five reference platforms: a real API server accepts all of their objects, and returns what their rows need."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress

import pytest

from ansible_collections.mainstay.aws.plugins.module_utils.deployment.cluster import Cluster
from ansible_collections.mainstay.aws.plugins.module_utils.deployment.identity import migration_job, release_id
from ansible_collections.mainstay.aws.plugins.module_utils.deployment.look import Looker
from ansible_collections.mainstay.aws.plugins.module_utils.deployment.modes import settings as modes
from ansible_collections.mainstay.aws.plugins.module_utils.deployment.planning import plan
from ansible_collections.mainstay.aws.plugins.module_utils.deployment.pods import pod_problems
from ansible_collections.mainstay.aws.plugins.module_utils.deployment.strategies import settings as strategies
from ansible_collections.mainstay.aws.plugins.module_utils.deployment.verification import options_of
from ansible_collections.mainstay.aws.plugins.module_utils.kubernetes.problems import Conflict
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.planner import Consent
from rehearsal.kubernetes.plane import ControlPlane
from tests.integration.examples import application_state as runs_
from tests.integration.examples.applications import described, marks_of, wanted_of

from .support import Application

ROWS: Mapping[tuple[str, str], Mapping[str, runs_.Check]] = {
    ("examples/brandcoach/prod", "brandcoach"): {
        "P1, P2": runs_.services(api=8080, web=3000),
        "P4": runs_.from_secret("api", "DATABASE_URL", "app-secrets", "database-url"),
        "P5": runs_.no_request_is_lost,
        "K13": runs_.scaled("web", 3, 12, cpu=70),
        "S16": runs_.encrypted("/api", "/"),
        "S5": runs_.answers_the_cdn_alone,
    },
    ("examples/innovate/workloads", "flask-api"): {
        "P1": runs_.services(flask_api=8080),
        "P5": runs_.no_request_is_lost,
        "P6": runs_.probes,
        "P11, C12": runs_.images_of("210987654321.dkr.ecr.us-east-1.amazonaws.com/innovate"),
        "K8": runs_.runs_on("flask-api", purpose="application"),
        "K13, K14": runs_.scaled("flask-api", 2, 100, cpu=70, memory=80),
        "K20": runs_.role_of_pods("flask-api"),
        "K23": runs_.isolated,
        "S5": runs_.answers_the_cdn_alone,
    },
    ("examples/innovate/workloads@examples/innovate/argocd.yml", "flask-api"): {
        "P3": runs_.runs_nothing,
        "K20": runs_.identity_of("flask-api"),
        "K23": runs_.isolated,
    },
    ("examples/codelearn/prod", "codelearn"): {
        "P1, P2": runs_.services(api_gateway=8080, user_service=8081, post_service=8082, group_service=8083),
        "P5": runs_.no_request_is_lost,
        "P6": runs_.probes,
        "K13, Z14": runs_.scaled("api-gateway", 3, 20, cpu=70),
        "K18": runs_.interruptible("quality-control"),
        "S15, S16": runs_.encrypted("/"),
        "S5": runs_.answers_the_cdn_alone,
        "S12": runs_.behind_a_firewall,
    },
    ("examples/creator-publishing/prod", "backend"): {
        "P1": runs_.services(backend=8080),
        "P5": runs_.no_request_is_lost,
        "P11": runs_.images_of("123456789012.dkr.ecr.eu-west-1.amazonaws.com/prod-registry"),
        "S16": runs_.encrypted("/"),
        "S13": runs_.behind_a_firewall,
        "O5": runs_.structured_logs("X-Request-Id"),
    },
    ("examples/creator-publishing/prod", "jobs"): {"K11": runs_.workers("notifications", "analytics"), "P5": runs_.no_request_is_lost},
    ("examples/ai-community/prod", "backend"): {
        "P5": runs_.no_request_is_lost,
        "P11": runs_.images_of("123456789012.dkr.ecr.us-east-1.amazonaws.com/prod-registry"),
        "S16": runs_.encrypted("/"),
        "S13": runs_.behind_a_firewall,
    },
    ("examples/ai-community/prod", "jobs"): {"K11": runs_.workers("emails", "analytics"), "P5": runs_.no_request_is_lost},
}
"""(inventory, host) -> row of docs/requirements.md -> what must be true of the application's objects."""

INVENTORIES = tuple(dict.fromkeys(inventory for inventory, _host in ROWS))


@pytest.mark.parametrize(("inventory", "host"), ROWS, ids=["-".join(one) for one in ROWS])
def test_the_application_of_a_platform(inventory: str, host: str, plane: ControlPlane) -> None:
    one = described(*INVENTORIES)[inventory][host]
    marks, wanted, release = marks_of(host, one), wanted_of(one), one["release"]
    api = Application(plane, release["namespace"]).api
    with suppress(Conflict):  # two platforms have a namespace of this name, and the same labels
        api.create("/api/v1/namespaces", next(each.manifest for each in wanted if each.kind == "Namespace"))
    cluster = Cluster(api, marks, release["namespace"])
    looks = Looker(cluster, wanted).look()
    found = plan(looks, Consent(), cluster.hiding)
    migration = migration_job(release["migration"], release_id(wanted, release["migration"]), marks) if release["migration"] else None
    assert found.failures == ()
    assert pod_problems(cluster, found, migration) == []
    if migration:
        cluster.create_job(migration, dry_run=True)
    objects = {f"{look.one.kind}/{look.one.called}": look.result for look in looks if look.result is not None}
    assert len(objects) == len(wanted)
    for row, check in ROWS[inventory, host].items():
        try:
            check(objects)
        except (AssertionError, KeyError, ValueError) as error:
            raise AssertionError(f"{row} does not hold for {host} of {inventory}: {error!r}") from error


@pytest.mark.parametrize("strategy", ["canary", "blue_green"])
def test_a_platform_with_canaries_or_two_colors(strategy: str) -> None:
    """P7, P8: the gateway is what users reach, and so what has two tracks."""
    one = described(*INVENTORIES)["examples/codelearn/prod"]["codelearn"]
    release = one["release"]
    assert release["strategy"] == "canary"
    verification, problems = options_of(release["verification"], release["namespace"])
    assert problems == []
    found, problems = strategies.read(strategy, release[strategy], wanted_of(one), verification)
    assert problems == []
    assert found.services == ("api-gateway",)


def test_a_platform_whose_pods_argo_cd_syncs() -> None:
    """P3: a release is the revision of its version."""
    release = described(*INVENTORIES)["examples/innovate/workloads@examples/innovate/argocd.yml"]["flask-api"]["release"]
    found, problems = modes.read({**release, "component": "flask-api"})
    assert problems == []
    assert (found.name, found.revision) == ("flask-api", "v1.0.0")


def test_every_example_that_deploys_is_listed_here() -> None:
    found = described(*INVENTORIES)
    assert {(inventory, host) for inventory, hosts in found.items() for host in hosts} == set(ROWS)
