# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The life of a component: a plan from nothing, its apply, the same again, changes, drift, and its removal."""

from __future__ import annotations

from tests.integration.site import Requests, ids, summary

from .support import Site, database

GENERATED = {"credentials": "generated"}


def test_an_instance_is_created_once(site: Site, requests: Requests) -> None:
    databases = {"main": database()}
    planned = summary(site.plan(site.desired(databases)))
    assert requests.changes() == []
    result = site.apply(site.desired(databases))
    assert (
        set(ids(result))
        == set(planned)
        == {
            "database_key.data",
            "iam_role.monitoring",
            "db_subnet_group.main",
            "db_parameter_group.main/postgres17",
            "db_log_group.main/postgresql",
            "db_log_group.main/upgrade",
            "db_log_group.main/iam-db-auth-error",
            "db_instance.main",
        }
    )
    before = len(requests.changes())
    again = site.apply(site.desired(databases))
    assert (summary(again.plan), requests.changes()[before:]) == ({}, [])
