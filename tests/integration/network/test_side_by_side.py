# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Several owners in one account, with the same addresses and CIDR blocks, never see each other's resources."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from rehearsal.testing import Cloud

from .describe import described
from .support import Site, network, summary, touched

SMALL = network(nat="none", endpoints={"interface": []})
OWNERS = [("prod", "network"), ("dev", "network"), ("prod", "network-x"), ("prod-network", "x")]
"""Names with a common prefix, which a prefix lookup would confuse."""


def test_owners_do_not_meet(cloud: Cloud) -> None:
    sites = [Site(cloud, environment, component) for environment, component in OWNERS]
    desired = [site.desired(main=SMALL) for site in sites]
    for site, wanted in zip(sites, desired, strict=True):
        assert set(summary(site.plan(wanted)).values()) == {"create"}
        site.apply(wanted)
    identifiers = [set(site.ids().values()) for site in sites]
    assert len(set.union(*identifiers)) == sum(map(len, identifiers))
    assert [summary(site.plan(wanted)) for site, wanted in zip(sites, desired, strict=True)] == [{}] * len(sites)

    last = {owner: described(cloud, *owner) for owner in OWNERS[1:]}
    sites[0].destroy()
    assert described(cloud, *OWNERS[0]) == {}
    assert {owner: described(cloud, *owner) for owner in OWNERS[1:]} == last


def test_drift_of_one_is_not_the_other_s(cloud: Cloud) -> None:
    one, other = Site(cloud, "prod"), Site(cloud, "dev")
    for site in (one, other):
        site.apply(site.desired(main=SMALL))
    subnet = one.ids()["subnet.main/private-af-south-1a"]
    cloud.client("ec2").modify_subnet_attribute(SubnetId=subnet, MapPublicIpOnLaunch={"Value": True})
    assert touched(one.plan(one.desired(main=SMALL))) == {"subnet.main/private-af-south-1a": {"map_public_ip_on_launch"}}
    assert summary(other.plan(other.desired(main=SMALL))) == {}


def test_built_at_the_same_time(cloud: Cloud) -> None:
    sites = [Site(cloud, environment, component) for environment, component in OWNERS[:3]]
    for service in ("ec2", "iam", "kms", "logs", "resourcegroupstaggingapi"):
        cloud.client(service)
    with ThreadPoolExecutor(len(sites)) as pool:
        list(pool.map(lambda site: site.apply(site.desired(main=network(nat="single"))), sites))
    for site in sites:
        assert summary(site.plan(site.desired(main=network(nat="single")))) == {}
