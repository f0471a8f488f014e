# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The endpoints that a run may call."""

from __future__ import annotations

import botocore.session
import pytest

from ansible_collections.mainstay.aws.plugins.module_utils.aws.session import REHEARSAL_VARIABLE, refused_endpoint
from ansible_collections.mainstay.aws.plugins.module_utils.domains.registry import DOMAINS

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
    ("https://vpce-1-x.api.ecr.af-south-1.vpce.amazonaws.com", {}),
    ("https://api.ecr.af-south-1.amazonaws.com", {}),
    ("https://fips.eks.us-east-1.amazonaws.com", {}),
    ("https://s3.dualstack.eu-west-1.amazonaws.com:443/", {}),
    ("https://iam.us-gov.amazonaws.com", {}),
    ("https://iam.global.api.aws", {}),
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
    ("http://ec2.af-south-1.amazonaws.com", {}),
    ("ec2.af-south-1.amazonaws.com", {}),
    ("https://ec2.af-south-1.amazonaws.com:8443", {}),
    ("https://user@ec2.af-south-1.amazonaws.com", {}),
    ("https://ec2-203-0-113-1.compute-1.amazonaws.com", {}),
    ("https://ec2-203-0-113-1.af-south-1.compute.amazonaws.com", {}),
    ("https://mine-123.af-south-1.elb.amazonaws.com", {}),
    ("https://mine.elb.af-south-1.amazonaws.com", {}),
    ("https://a1b2c3d4e5.execute-api.af-south-1.amazonaws.com", {}),
    ("https://mine.s3.amazonaws.com", {}),
    ("https://api.s3.af-south-1.amazonaws.com", {}),
    ("https://mine.s3-af-south-1.amazonaws.com", {}),
    ("https://vpce-1-x.vpce-svc-0123456789abcdef0.af-south-1.vpce.amazonaws.com", {}),
    ("https://ABCDEF.gr7.af-south-1.eks.amazonaws.com", {}),
    ("https://x.eks-cluster.af-south-1.api.aws", {}),
    ("https://search-x.es.af-south-1.amazonaws.com", {}),
    ("https://amazonaws.com", {}),
    ("https://ec2.amazonaws.com:port", {}),
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


def test_every_endpoint_that_botocore_knows_for_our_services_is_allowed() -> None:
    """In every region of every partition."""
    session = botocore.session.get_session()
    services = {service for one in DOMAINS for service in one.details.services} | {"ssm", "service-quotas", "elb", "elbv2"}
    resolver = session.get_component("endpoint_resolver")
    found = set()
    for service in services:
        prefix = session.get_service_model(service).endpoint_prefix
        for partition in session.get_available_partitions():
            for region in session.get_available_regions(prefix, partition):
                known = resolver.construct_endpoint(prefix, region, partition)
                found.add(f"https://{known['hostname']}")
    assert len(found) > 200
    assert [one for one in sorted(found) if refused_endpoint(one, {})] == []
