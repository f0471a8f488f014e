# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Cron jobs and migrations."""

from __future__ import annotations

from typing import Any

import pytest

from .made import answer, merged, objects, problems, with_service

NIGHTLY: dict[str, Any] = {"image": "api:1.4.2", "schedule": "15 3 * * *", "command": ["python", "-m", "report"]}
MIGRATION: dict[str, Any] = {"image": "migrations:1.4.2", "command": ["migrate"], "databases": ["prod-main"]}


def with_cron(**settings: Any) -> dict[str, Any]:
    return {"cron_jobs": {"report": merged(NIGHTLY, settings)}}


def with_migration(**settings: Any) -> dict[str, Any]:
    return {**with_service(), "migration": merged(MIGRATION, settings)}


def test_a_cron_job_never_runs_twice_at_once_and_always_ends() -> None:
    found = objects(with_cron())["CronJob/report"]
    job = found["spec"].pop("jobTemplate")["spec"]
    assert found["spec"] == {
        "schedule": "15 3 * * *",
        "timeZone": "UTC",
        "concurrencyPolicy": "Forbid",
        "startingDeadlineSeconds": 600,
        "successfulJobsHistoryLimit": 3,
        "failedJobsHistoryLimit": 3,
        "suspend": False,
    }
    assert (job["backoffLimit"], job["activeDeadlineSeconds"]) == (1, 3600)
    pod = job["template"]["spec"]
    assert (pod["restartPolicy"], pod["serviceAccountName"], pod["automountServiceAccountToken"]) == ("Never", "shop", False)
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["containers"][0]["command"] == ["python", "-m", "report"]
    labels = job["template"]["metadata"]["labels"]
    assert (labels["app.kubernetes.io/name"], labels["app.kubernetes.io/component"]) == ("report", "cron-job")


def test_what_a_cron_job_can_be_told() -> None:
    settings = with_cron(
        schedule="@daily",
        time_zone="Africa/Johannesburg",
        concurrency="replace",
        deadline=60,
        retries=0,
        starting_deadline=30,
        history=1,
        suspended=True,
    )
    spec = objects(settings)["CronJob/report"]["spec"]
    assert (spec["schedule"], spec["timeZone"], spec["concurrencyPolicy"], spec["suspend"]) == (
        "@daily",
        "Africa/Johannesburg",
        "Replace",
        True,
    )
    assert (spec["startingDeadlineSeconds"], spec["failedJobsHistoryLimit"]) == (30, 1)
    assert (spec["jobTemplate"]["spec"]["activeDeadlineSeconds"], spec["jobTemplate"]["spec"]["backoffLimit"]) == (60, 0)


def test_a_migration_is_a_job_beside_the_objects_with_a_deadline_and_no_time_to_live() -> None:
    found = answer(with_migration())
    job = found["migration"]
    assert (job["kind"], job["metadata"]["name"], job["metadata"]["namespace"]) == ("Job", "shop-migration", "shop")
    assert (job["spec"]["backoffLimit"], job["spec"]["activeDeadlineSeconds"]) == (0, 1800)
    assert "ttlSecondsAfterFinished" not in job["spec"]
    assert not [one for one in found["objects"] if one["kind"] == "Job"]
    assert found["images"] == ["api:1.4.2", "migrations:1.4.2"]
    labels = job["spec"]["template"]["metadata"]["labels"]
    selector = next(one for one in found["objects"] if one["kind"] == "Service")["spec"]["selector"]
    assert labels["app.kubernetes.io/instance"] == "shop"
    assert labels["app.kubernetes.io/name"] != selector["app.kubernetes.io/name"]


def test_a_migration_uses_configuration_and_secrets() -> None:
    settings = {
        **with_migration(secrets=["db"], configuration=[{"name": "sql", "mount": "/sql"}], deadline=7200, retries=2),
        "secrets": {"db": {"existing": "app-secrets"}},
        "configuration": {"sql": {"001.sql": "select 1"}},
    }
    job = answer(settings)["migration"]["spec"]
    (container,) = job["template"]["spec"]["containers"]
    assert container["envFrom"] == [{"secretRef": {"name": "app-secrets"}}]
    assert container["volumeMounts"] == [{"name": "config-sql", "mountPath": "/sql", "readOnly": True}]
    assert (job["activeDeadlineSeconds"], job["backoffLimit"]) == (7200, 2)


def test_statements_of_a_migration_wait_for_locks_no_longer_than_allowed() -> None:
    def options(**settings: Any) -> list[str]:
        (container,) = answer(with_migration(**settings))["migration"]["spec"]["template"]["spec"]["containers"]
        return [one["value"] for one in container["env"] if one["name"] == "PGOPTIONS"]

    assert options() == []
    assert options(lock_timeout=15) == ["-c lock_timeout=15s"]
    assert options(lock_timeout=15, environment={"PGOPTIONS": "-c x=y"}) == ["-c x=y"]


C = "cron_jobs.report"
FIVE = 'it must have five fields: minute, hour, day of the month, month, day of the week, such as "0 9 * * 1-4"'
REFUSED: list[Any] = [
    ("no schedule", with_cron(schedule=None), [f'{C}.schedule is missing: give a cron expression, such as "15 3 * * *"']),
    ("four fields", with_cron(schedule="15 3 * *"), [f"{C}.schedule is '15 3 * *', but {FIVE}"]),
    ("a zone in the schedule", with_cron(schedule="TZ=UTC 15 3 * * *"), [f"{C}.schedule is 'TZ=UTC 15 3 * * *', but {FIVE}"]),
    (
        "an hour that does not exist",
        with_cron(schedule="15 25 * * *"),
        [f"{C}.schedule is '15 25 * * *', but its hour '25' is not 0 to 23"],
    ),
    (
        "Sunday as 7",
        with_cron(schedule="0 3 * * 7"),
        [f"{C}.schedule is '0 3 * * 7', but Kubernetes counts the days of the week from 0 to 6; write 0 for Sunday"],
    ),
    (
        "a zone that does not exist",
        with_cron(time_zone="Africa/Joburg"),
        [f"{C}.time_zone is 'Africa/Joburg', but it must be a name of the IANA time zone database, such as Africa/Johannesburg or UTC"],
    ),
    (
        "the zone of the machine",
        with_cron(time_zone="Local"),
        [f"{C}.time_zone is 'Local', but Kubernetes refuses the zone of its own machine; name one, such as Africa/Johannesburg"],
    ),
    ("a policy", with_cron(concurrency="never"), [f"{C}.concurrency is 'never', but it must be one of forbid, allow, replace"]),
    (
        "a deadline that would miss every start",
        with_cron(starting_deadline=5),
        [f"{C}.starting_deadline is 5, but it must be a whole number from 10 to 604800"],
    ),
    ("a port", with_cron(port=80), [f"{C}.port is not a setting; valid names are "]),
    ("replicas", with_cron(replicas=2), [f"{C}.replicas is not a setting; "]),
    (
        "an image without tag",
        with_migration(image="m"),
        ["migration.image: m has neither a tag nor a digest; expected m:<tag> or m@sha256:<digest>"],
    ),
    ("a deadline", with_migration(deadline=0), ["migration.deadline is 0, but it must be a whole number from 10 to 604800"]),
    (
        "a wait that is longer than the deadline",
        with_migration(lock_timeout=1800),
        ["migration.lock_timeout is 1800, but it must be less than deadline, which is 1800"],
    ),
    (
        "the name of the migration",
        {**with_migration(), "workers": {"migration": {"image": "api:1"}}},
        ["workers has a workload called migration, which is the name of the migration's own; rename it"],
    ),
]


@pytest.mark.parametrize(("settings", "expected"), [one[1:] for one in REFUSED], ids=[one[0] for one in REFUSED])
def test_what_is_refused(settings: dict[str, Any], expected: list[str]) -> None:
    found = problems(settings)
    assert len(found) == len(expected)
    assert all(one.startswith(start) for one, start in zip(found, expected, strict=True)), found
