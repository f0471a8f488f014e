# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Which endpoints a run may talk to."""

from __future__ import annotations

import pytest

from ansible_collections.mainstay.aws.plugins.module_utils.aws.session import REHEARSAL_VARIABLE, refused_endpoint

HERE = "http://127.0.0.1:4566"
ALLOWED = [
    (None, {}),
    ("", {}),
    ("https://ec2.af-south-1.amazonaws.com", {}),
    ("https://EC2.af-south-1.amazonaws.com", {}),
    ("https://iam.amazonaws.com", {}),
    ("https://ec2.af-south-1.api.aws", {}),
    ("https://ec2.cn-north-1.amazonaws.com.cn", {}),
    ("https://ec2.eusc-de-east-1.amazonaws.eu", {}),
    ("https://ec2.us-iso-east-1.c2s.ic.gov", {}),
    ("https://vpce-1-x.ec2.af-south-1.vpce.amazonaws.com", {}),
    (HERE, {REHEARSAL_VARIABLE: HERE}),
    (f"{HERE}/", {REHEARSAL_VARIABLE: HERE}),
    (HERE, {REHEARSAL_VARIABLE: f"{HERE}/"}),
    ("http://localhost:4566", {REHEARSAL_VARIABLE: "http://localhost:4566"}),
    ("http://[::1]:4566", {REHEARSAL_VARIABLE: "http://[::1]:4566"}),
]
REFUSED = [
    (HERE, {}),
    (HERE, {REHEARSAL_VARIABLE: ""}),
    (HERE, {REHEARSAL_VARIABLE: "http://127.0.0.1:4567"}),
    ("http://10.0.0.1:4566", {REHEARSAL_VARIABLE: "http://10.0.0.1:4566"}),
    ("http://localstack:4566", {REHEARSAL_VARIABLE: "http://localstack:4566"}),
    ("https://amazonaws.com.example.org", {}),
    ("https://evilamazonaws.com", {}),
    ("https://example.org/ec2.amazonaws.com", {}),
    ("https://ec2.amazonaws.com@example.org", {}),
    ("https://example.org?.amazonaws.com", {}),
    ("not a url", {}),
]


@pytest.mark.parametrize(("endpoint", "environment"), ALLOWED)
def test_allowed(endpoint: str | None, environment: dict[str, str]) -> None:
    assert refused_endpoint(endpoint, environment) is None


@pytest.mark.parametrize(("endpoint", "environment"), REFUSED)
def test_refused(endpoint: str, environment: dict[str, str]) -> None:
    reason = refused_endpoint(endpoint, environment)
    assert reason is not None
    assert endpoint in reason
    assert "make cloud-env" in reason
