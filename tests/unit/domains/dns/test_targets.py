# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The hosted zone of an alias's target, known by its name."""

from __future__ import annotations

import pytest

from ansible_collections.mainstay.aws.plugins.module_utils.domains.dns.records.targets import LOAD_BALANCERS, zone_of


@pytest.mark.parametrize(
    ("name", "zone"),
    [
        ("k8s-apps-123.eu-west-1.elb.amazonaws.com", "Z32O12XQLNTSW2"),
        ("internal-apps-123.af-south-1.elb.amazonaws.com", "Z268VQBMOI5EKX"),
        ("dualstack.apps-123.us-east-1.elb.amazonaws.com", "Z35SXDOTRQ7X7K"),
        ("apps-123.cn-north-1.elb.amazonaws.com.cn", "Z1GDH35T77C1KE"),
        ("net-0123abcd.elb.eu-west-1.amazonaws.com", "Z2IFOLAFXWLO4F"),
        ("net-0123abcd.elb.cn-north-1.amazonaws.com.cn", "Z3QFB96KMJ7ED6"),
        ("d111111abcdef8.cloudfront.net", "Z2FDTNDATAQYW2"),
        ("a1234567890abcdef.awsglobalaccelerator.com", "Z2BJ6XQ5FK7U4H"),
        ("apps-123.xx-new-1.elb.amazonaws.com", ""),
        ("notcloudfront.net", ""),
        ("eu-west-1.elb.amazonaws.com.example.com", ""),
        ("www.example.com", ""),
        ("", ""),
    ],
)
def test_the_zone_of_a_target(name: str, zone: str) -> None:
    assert zone_of(name) == zone


def test_no_two_kinds_of_load_balancers_share_a_zone() -> None:
    zones = [zone for pair in LOAD_BALANCERS.values() for zone in pair]
    assert len(set(zones)) == len(zones)
