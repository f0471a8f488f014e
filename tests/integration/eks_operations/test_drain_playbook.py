# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Draining in a playbook after the cluster is gone: leftovers are deleted, Ctrl-C is respected, and the next run completes the work."""

from __future__ import annotations

import signal
import subprocess
from pathlib import Path

import pytest

from ansible_collections.mainstay.aws.plugins.module_utils.domains.eks.operations.drain.run import INTERRUPTED
from rehearsal.testing import Cloud

from .site import ROOT, Changes, Site
from .support import MADE, Place
from .workloads import until

DESTROY = "playbooks/destroy.yml"
MEANT = ("--extra-vars", "destroy=prod", "--limit", "cluster")


@pytest.fixture
def site(cloud: Cloud, tmp_path: Path) -> Site:
    """One component with a deleted cluster. The VPC of ``place`` belongs to another component, so the runs are limited to the first."""
    variables = {"eks_clusters": {"main": {"version": "1.36"}}, "eks_network": "", "eks_drain_timeout": 120.0}
    return Site(cloud, tmp_path, {"eks": ["cluster"], "others": ["other"]}, variables)


@pytest.fixture
def place(site: Site) -> Place:
    """Its leftovers: a load balancer, and a security group that an interface of another load balancer uses."""
    made = Place(site.cloud)
    group = made.group("k8s-traffic-prodmain", MADE)
    made.balancer("k8s-shop-api-1a", MADE)
    made.interface("ELB app/k8s-gone/50dc", groups=[group])
    return made


def attached(place: Place) -> str:
    """Attaches the interface to an instance, which holds it until it is detached; returns the attachment ID."""
    (interface,) = place.ec2.describe_network_interfaces(Filters=[{"Name": "description", "Values": ["ELB app/k8s-gone/50dc"]}])[
        "NetworkInterfaces"
    ]
    instance = place.ec2.run_instances(ImageId="ami-12c6146b", MinCount=1, MaxCount=1, SubnetId=place.subnets[0])["Instances"][0]
    done = place.ec2.attach_network_interface(
        NetworkInterfaceId=interface["NetworkInterfaceId"], InstanceId=instance["InstanceId"], DeviceIndex=1
    )
    return str(done["AttachmentId"])


def test_ctrl_c_is_heard_and_the_next_run_ends_it(site: Site, place: Place) -> None:
    cloud = site.cloud
    attachment = attached(place)
    running = subprocess.Popen(
        site.command(DESTROY, MEANT), cwd=ROOT, env=site.environment(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    until(lambda: any(one["operation"] == "DeleteLoadBalancer" for one in cloud.admin.requests()), "the load balancer is deleted")
    running.send_signal(signal.SIGINT)
    printed, _none = running.communicate(timeout=60)
    assert running.returncode != 0
    assert " ".join(INTERRUPTED.split()) in " ".join(printed.split()), printed
    assert cloud.client("ssm").describe_parameters()["Parameters"] == []

    place.ec2.detach_network_interface(AttachmentId=attachment)
    done = site.must(DESTROY, *MEANT)
    assert place.names() == set(), done.text
    changes = Changes(cloud)
    site.must(DESTROY, *MEANT)
    assert changes.made() == []


def test_check_mode_lists_and_deletes_nothing(site: Site, place: Place) -> None:
    changes = Changes(site.cloud)
    shown = site.must(DESTROY, "--check")
    assert shown.says("prod-main: load balancer k8s-shop-api-1a"), shown.text
    assert changes.made() == []
