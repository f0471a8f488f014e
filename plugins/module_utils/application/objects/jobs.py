# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Cron jobs, and the Job of a migration. Pure functions."""

from __future__ import annotations

from ..settings.jobs import MIGRATION, CronJob, Migration
from .common import Manifest, made
from .pods import Around, Pod, template


def cron_job(one: CronJob, around: Around) -> Manifest:
    spec = {
        "schedule": one.schedule,
        "timeZone": one.time_zone,
        "concurrencyPolicy": one.concurrency,
        "startingDeadlineSeconds": one.starting_deadline,
        "successfulJobsHistoryLimit": one.history,
        "failedJobsHistoryLimit": one.history,
        "suspend": one.suspended,
        "jobTemplate": {"spec": _job(Pod(one.name, "cron-job", one.container), around, one.deadline, one.retries)},
    }
    return made(around.facts, "batch/v1", "CronJob", one.name, "cron-job", spec=spec)


def migration_job(one: Migration, around: Around) -> Manifest:
    """The Job of a migration. Its name is completed by the release, because a Job's template is immutable."""
    options = {"PGOPTIONS": f"-c lock_timeout={one.lock_timeout}s"} if one.lock_timeout else {}
    spec = _job(Pod(MIGRATION, MIGRATION, one.container, options), around, one.deadline, one.retries)
    return made(around.facts, "batch/v1", "Job", f"{around.facts.kubernetes_name}-{MIGRATION}", MIGRATION, spec=spec)


def _job(pod: Pod, around: Around, deadline: int, retries: int) -> Manifest:
    """Each attempt is a pod of its own, so that the logs of a failed one remain."""
    return {
        "backoffLimit": retries,
        "activeDeadlineSeconds": deadline,
        "template": template(pod, around, {}, {"restartPolicy": "Never"}),
    }
