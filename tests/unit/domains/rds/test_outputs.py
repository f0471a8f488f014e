# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Outputs: their shape, where each comes from, and what is unknown."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.mainstay.aws.plugins.module_utils.domains.rds.outputs import ca_bundle_url, outputs
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.model import UNKNOWN

ARN = "arn:aws:rds:af-south-1:123456789012:db:prod-main"
BUNDLE = "https://truststore.pki.rds.amazonaws.com/af-south-1/af-south-1-bundle.pem"
READER = "db_replica.main/etl"
MAIN: dict[str, Any] = {
    "id": "prod-main",
    "arn": ARN,
    "resource_id": "db-ABC",
    "endpoint": "prod-main.x.af-south-1.rds.amazonaws.com",
    "port": 5432,
    "engine_version": "17.6",
    "master_username": "dbadmin",
}
ALL: dict[str, dict[str, Any]] = {
    "database_key.data": {"arn": "key-arn"},
    "db_instance.main": MAIN,
    "db_replica.main/reports": {"endpoint": "reports-host"},
    READER: {"endpoint": "etl-host"},
    "db_proxy.main": {"endpoint": "proxy-host"},
    "secret.main/master": {"arn": "master-secret"},
    "secret.main/user-shop": {"arn": "shop-secret"},
    "secret.main/user-user-x": {"arn": "x-secret"},
    "db_parameter_group.main/postgres17": {"id": "prod-main-postgres17"},
    "db_parameter_group.main/etl-postgres17": {"id": "prod-main-etl-postgres17"},
    "db_log_group.main/postgresql": {"id": "/aws/rds/instance/prod-main/postgresql"},
    "db_log_group.main/iam-db-auth-error": {"id": "/aws/rds/instance/prod-main/iam-db-auth-error"},
    "db_log_group.main/etl-postgresql": {"id": "/aws/rds/instance/prod-main-etl/postgresql"},
    "db_subnet_group.main": {"id": "prod-main-subnets"},
    "iam_role.monitoring": {"id": "prod.database.monitoring"},
}


def test_everything_that_an_application_needs() -> None:
    assert outputs(ALL, {"main": ("shop", "audit")}) == {
        "databases": {
            "main": {
                "identifier": "prod-main",
                "arn": ARN,
                "resource_id": "db-ABC",
                "host": "prod-main.x.af-south-1.rds.amazonaws.com",
                "port": 5432,
                "engine_version": "17.6",
                "master_username": "dbadmin",
                "master_secret_arn": "master-secret",
                "proxy_host": "proxy-host",
                "reader_hosts": {"etl": "etl-host", "reports": "reports-host"},
                "promoted_hosts": {},
                "user_secret_arns": {"shop": "shop-secret", "user-x": "x-secret"},
                "databases": ["audit", "shop"],
                "ca_bundle_url": BUNDLE,
                "kms_key_arn": "key-arn",
                "parameter_group": "prod-main-postgres17",
                "log_group_names": {
                    "postgresql": "/aws/rds/instance/prod-main/postgresql",
                    "iam-db-auth-error": "/aws/rds/instance/prod-main/iam-db-auth-error",
                },
            }
        }
    }


@pytest.mark.parametrize(
    ("attributes", "key", "expected"),
    [
        ({"db_instance.main": MAIN}, "master_secret_arn", None),  # a login with IAM
        ({"db_instance.main": {**MAIN, "master_user_secret_arn": "rds!db-1"}}, "master_secret_arn", "rds!db-1"),
        ({"db_instance.main": MAIN}, "proxy_host", None),
        ({"db_instance.main": MAIN}, "reader_hosts", {}),
        ({"db_instance.main": MAIN}, "user_secret_arns", {}),
        ({"db_instance.main": MAIN}, "parameter_group", None),
        ({"db_instance.main": MAIN}, "kms_key_arn", None),
        ({"db_instance.main": MAIN, "database_key.data": {"arn": "ours"}}, "kms_key_arn", "ours"),
        ({"db_instance.main": {**MAIN, "kms_key_id": "yours"}, "database_key.data": {"arn": "ours"}}, "kms_key_arn", "yours"),
        ({"db_instance.main": MAIN}, "databases", []),
        ({"db_instance.main": {**MAIN, "arn": UNKNOWN}}, "ca_bundle_url", None),
        ({"db_instance.main": {**MAIN, "endpoint": UNKNOWN}}, "host", UNKNOWN),
    ],
)
def test_what_is_absent_or_unknown(attributes: dict[str, dict[str, Any]], key: str, expected: Any) -> None:
    assert outputs(attributes)["databases"]["main"][key] == expected


def test_a_plan_has_the_shape_of_a_run() -> None:
    planned = {address: dict.fromkeys(attributes, UNKNOWN) for address, attributes in ALL.items()}
    found, made = outputs(planned)["databases"]["main"], outputs(ALL)["databases"]["main"]
    assert set(found) == set(made)
    assert {key: set(value) for key, value in found.items() if isinstance(value, dict)} == {
        key: set(value) for key, value in made.items() if isinstance(value, dict)
    }


@pytest.mark.parametrize(
    ("described", "attribute", "promoted"),
    [((), False, False), ((), UNKNOWN, False), ((), True, True), ((READER,), False, True), ((READER,), UNKNOWN, True)],
)
def test_a_promoted_replica_is_no_reader(described: tuple[str, ...], attribute: Any, promoted: bool) -> None:
    """A plan that promotes it has the shape of the run already."""
    found = outputs({"db_instance.main": MAIN, READER: {"endpoint": "host", "promoted": attribute}}, promoted=described)
    hosts = [found["databases"]["main"][key] for key in ("reader_hosts", "promoted_hosts")]
    assert hosts == ([{}, {"etl": "host"}] if promoted else [{"etl": "host"}, {}])


def test_instances_whose_names_begin_alike_stay_apart() -> None:
    others = {"db_instance.main-2": {**MAIN, "id": "prod-main-2"}, "secret.main-2/user-shop": {"arn": "other"}}
    found = outputs({**ALL, **others})["databases"]
    assert (found["main"]["user_secret_arns"]["shop"], found["main-2"]["user_secret_arns"]) == ("shop-secret", {"shop": "other"})
    assert (found["main-2"]["reader_hosts"], found["main-2"]["log_group_names"]) == ({}, {})


def test_nothing_found() -> None:
    assert outputs({"database_key.data": {"arn": "key-arn"}}) == {"databases": {}}


FAR = "arn:aws:rds:eu-west-1:123456789012:db:prod-main-far"
GLOBAL = "https://truststore.pki.rds.amazonaws.com/global/global-bundle.pem"


@pytest.mark.parametrize(
    ("arns", "expected"),
    [
        ([ARN], BUNDLE),
        ([ARN, ARN + "-reports", UNKNOWN], BUNDLE),
        ([ARN, FAR], GLOBAL),
        (
            ["arn:aws-us-gov:rds:us-gov-west-1:1:db:x"],
            "https://truststore.pki.us-gov-west-1.rds.amazonaws.com/us-gov-west-1/us-gov-west-1-bundle.pem",
        ),
        (["arn:aws-cn:rds:cn-north-1:1:db:x"], "https://rds-truststore.s3.cn-north-1.amazonaws.com.cn/cn-north-1/cn-north-1-bundle.pem"),
        (["arn:aws-other:rds:x:1:db:x"], None),
        (["", None], None),
    ],
)
def test_where_the_certificates_are(arns: list[str | None], expected: str | None) -> None:
    assert ca_bundle_url(arns) == expected


def test_a_rehearsal_has_certificates_of_its_own() -> None:
    """They are there before the first instance is."""
    announced = {"MAINSTAY_REHEARSAL_RDS_CA": "/tmp/a cloud/rds-ca.pem"}
    assert ca_bundle_url([ARN], announced) == ca_bundle_url([None], announced) == "file:///tmp/a%20cloud/rds-ca.pem"
    assert outputs(ALL, environment=announced)["databases"]["main"]["ca_bundle_url"] == "file:///tmp/a%20cloud/rds-ca.pem"


def test_a_reader_in_another_region_has_another_authority() -> None:
    attributes = {"db_instance.main": MAIN, "db_replica.main/far-east": {"endpoint": "far-host", "arn": FAR}}
    logs = {"db_log_group.main/far-east-postgresql": {"id": "far"}, "db_log_group.main/upgrade": {"id": "own"}}
    found = outputs({**attributes, **logs})["databases"]["main"]
    assert (found["ca_bundle_url"], found["log_group_names"]) == (GLOBAL, {"upgrade": "own"})
