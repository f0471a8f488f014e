"""Service Quotas reports what the cloud enforces."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from rehearsal.quotas import QUOTAS, UNLIMITED

from .conftest import CheckedCloud


@pytest.fixture
def quotas(cloud: CheckedCloud) -> Any:
    return cloud.client("service-quotas")


def asked(quotas: Any, name: str, method: str = "get_service_quota") -> float:
    quota = QUOTAS[name]
    return float(getattr(quotas, method)(ServiceCode=quota.service, QuotaCode=quota.code)["Quota"]["Value"])


@pytest.mark.parametrize("name", QUOTAS)
def test_one(cloud: CheckedCloud, quotas: Any, name: str) -> None:
    assert asked(quotas, name) == UNLIMITED
    cloud.admin.settings(quotas={name: 3})
    assert asked(quotas, name) == 3
    assert asked(quotas, name, "get_aws_default_service_quota") == QUOTAS[name].default


@pytest.mark.parametrize("name", QUOTAS)
def test_a_quota_never_raised_has_only_a_default(cloud: CheckedCloud, quotas: Any, name: str) -> None:
    cloud.admin.settings(quotas="aws")
    with pytest.raises(ClientError, match="NoSuchResourceException"):
        asked(quotas, name)
    assert asked(quotas, name, "get_aws_default_service_quota") == QUOTAS[name].default


def test_lists(cloud: CheckedCloud, quotas: Any) -> None:
    cloud.admin.settings(quotas={"vpcs": 7, "internet_gateways": 5})
    applied = {entry["QuotaCode"]: entry["Value"] for entry in quotas.list_service_quotas(ServiceCode="vpc")["Quotas"]}
    assert applied[QUOTAS["vpcs"].code] == 7
    assert QUOTAS["internet_gateways"].code not in applied
    defaults = {entry["QuotaCode"]: entry["Value"] for entry in quotas.list_aws_default_service_quotas(ServiceCode="vpc")["Quotas"]}
    assert defaults == {quota.code: quota.default for quota in QUOTAS.values() if quota.service == "vpc"}


def test_what_there_is_not(quotas: Any) -> None:
    for service, code in (("vpc", "L-00000000"), ("none", "L-00000000")):
        with pytest.raises(ClientError, match="NoSuchResourceException"):
            quotas.get_service_quota(ServiceCode=service, QuotaCode=code)


def test_an_unknown_quota_is_refused(cloud: CheckedCloud) -> None:
    with pytest.raises(Exception, match="there is no quota 'address'; known quotas: acm_certificates"):
        cloud.admin.settings(quotas={"address": 1})
