# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""User data and the number of pods of node groups: what is refused, and what EKS gets."""

from __future__ import annotations

import json
import tomllib
from email import message_from_string
from typing import Any

import pytest

from ansible_collections.mainstay.aws.plugins.module_utils.domains.eks.settings.pod_capacity import (
    InstanceType,
    addressable,
    instance_type_of,
)
from tests.unit.domains.eks.samples import complaints, resources
from tests.unit.domains.eks.test_judge import said

GROUP = "node_groups.system"
LINUX, BOTTLEROCKET = "AL2023_x86_64_STANDARD", "BOTTLEROCKET_x86_64"
SCRIPT = "#!/bin/bash\necho hello\n"
NODE = {"apiVersion": "node.eks.aws/v1alpha1", "kind": "NodeConfig", "spec": {"kubelet": {"config": {"shutdownGracePeriod": "30s"}}}}
IN_YAML = "apiVersion: node.eks.aws/v1alpha1\nkind: NodeConfig\nspec: {kubelet: {config: {shutdownGracePeriod: 30s}}}\n"
DOCUMENT = f"""\
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary="BOUNDARY"

--BOUNDARY
Content-Type: text/x-shellscript; charset="us-ascii"

{SCRIPT}
--BOUNDARY
Content-Type: application/node.eks.aws

---
{IN_YAML}
--BOUNDARY--
"""
TOML = '[settings.kernel.sysctl]\n"vm.max_map_count" = "262144"\n[settings.kubernetes]\nallowed-unsafe-sysctls = ["net.core.somaxconn"]\n'
TABLES = {
    "settings": {
        "kernel": {"sysctl": {"vm.max_map_count": "262144"}},
        "kubernetes": {"allowed-unsafe-sysctls": ["net.core.somaxconn"]},
    }
}
ODD = {"settings": {"motd": 'say "hi"', "path": "a\\b", "on": True, "numbers": [1, 2]}}
PARTS = "but it must be a script that begins with #!"


def group(**more: Any) -> dict[str, Any]:
    return {"node_groups": {"system": more}}


def user_data(**more: Any) -> str:
    """What the launch template of such a group has."""
    return str(resources(**group(**more))["launch_template.main/system"].properties["data"].get("UserData", ""))


def parts(**more: Any) -> list[tuple[str, Any]]:
    """Content type and content of each part; a NodeConfig is parsed."""
    found = []
    for part in list(message_from_string(user_data(**more)).walk())[1:]:
        content = str(part.get_payload()).rstrip("\n")
        kind = part.get_content_type()
        found.append((kind, json.loads(content) if kind == "application/node.eks.aws" else content))
    return found


def max_pods(number: int) -> tuple[str, Any]:
    return "application/node.eks.aws", {**NODE, "spec": {"kubelet": {"config": {"maxPods": number}}}}


HELLO = ("text/x-shellscript", SCRIPT.rstrip("\n"))


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"user_data": SCRIPT}, [HELLO]),
        ({"user_data": SCRIPT.replace("\n", "\r\n")}, [HELLO]),
        ({"user_data": [SCRIPT, NODE]}, [HELLO, ("application/node.eks.aws", NODE)]),
        ({"user_data": {"spec": NODE["spec"]}}, [("application/node.eks.aws", NODE)]),
        ({"user_data": IN_YAML}, [("application/node.eks.aws", NODE)]),
        ({"user_data": DOCUMENT}, [HELLO, ("application/node.eks.aws", NODE)]),
        ({"user_data": "#cloud-config\npackages: [nfs-utils]"}, [("text/cloud-config", "#cloud-config\npackages: [nfs-utils]")]),
        ({"user_data": "#cloud-boothook\ntrue"}, [("text/cloud-boothook", "#cloud-boothook\ntrue")]),
        ({"max_pods": 17}, [max_pods(17)]),
        ({"max_pods": 17, "user_data": [NODE]}, [("application/node.eks.aws", NODE), max_pods(17)]),
    ],
)
def test_amazon_linux_gets_a_document_of_parts(given: dict[str, Any], expected: list[tuple[str, Any]]) -> None:
    """nodeadm merges the parts in their order, so what a setting of the group decides comes last."""
    assert parts(**given) == expected


def test_the_same_user_data_is_the_same_text() -> None:
    assert user_data(user_data=[SCRIPT, NODE]) == user_data(user_data=[SCRIPT, IN_YAML])
    assert user_data(user_data=SCRIPT) != user_data(user_data=SCRIPT + "true\n")
    assert "UserData" not in resources()["launch_template.main/system"].properties["data"]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"user_data": TOML}, TABLES),
        ({"user_data": TABLES}, TABLES),
        ({"max_pods": 17}, {"settings": {"kubernetes": {"max-pods": 17}}}),
        (
            {"user_data": {"settings": {"kubernetes": {"cluster-dns-ip": "10.0.0.2"}}}, "max_pods": 17},
            {"settings": {"kubernetes": {"cluster-dns-ip": "10.0.0.2", "max-pods": 17}}},
        ),
        ({"user_data": ODD}, ODD),
    ],
)
def test_bottlerocket_gets_settings(given: dict[str, Any], expected: dict[str, Any]) -> None:
    """EKS reads neither headers with quoted keys nor escaped quotes."""
    text = user_data(ami_type=BOTTLEROCKET, **given)
    assert tomllib.loads(text) == expected
    assert "[settings" not in text
    assert '\\"' not in text


@pytest.mark.parametrize(
    ("ami_type", "given", "expected"),
    [
        (LINUX, "echo hello", f"user_data is 'echo hello', {PARTS}"),
        (LINUX, 5, f"user_data is 5, {PARTS}"),
        (LINUX, [SCRIPT, {"kind": "Pod", "spec": {}}], f"user_data[1] is {{'kind': 'Pod', 'spec': {{}}}}, {PARTS}"),
        (LINUX, TOML, PARTS),
        (
            LINUX,
            DOCUMENT.replace("text/x-shellscript", "text/x-include-url"),
            "user_data (part 1) is 'text/x-include-url', but a part must be one of application/node.eks.aws, text/cloud-boothook, ",
        ),
        (
            LINUX,
            "#!/bin/bash\n/etc/eks/bootstrap.sh main --kubelet-extra-args --max-pods=110\n",
            "user_data is '/etc/eks/bootstrap.sh', but AL2023 has no such script, and EKS starts the kubelet; configure it",
        ),
        (LINUX, [{"spec": {"cluster": {"name": "x"}}}], "user_data[0].spec.cluster is {'name': 'x'}, but EKS sets it; remove it"),
        (
            LINUX,
            {"spec": {"kubelet": {"config": {"maxPods": 110}}}},
            "user_data.spec.kubelet.config.maxPods is 110, but set max_pods of the group instead",
        ),
        (
            LINUX,
            IN_YAML.replace("config: {shutdownGracePeriod: 30s}", "maxPodsExpression: '20'"),
            "user_data.spec.kubelet.maxPodsExpression is '20', but EKS overrides it; set max_pods of the group",
        ),
        (
            LINUX,
            {"spec": {"kubelet": {"flags": ["--v=2", "--node-labels=a=b"]}}},
            "user_data.spec.kubelet.flags is '--node-labels=a=b', but set labels of the group instead",
        ),
        (LINUX, f"#!/bin/bash\n# {'x' * 13000}", "user_data: it has 13"),
        (BOTTLEROCKET, SCRIPT, f"user_data is {SCRIPT!r}, but it is not valid TOML: "),
        (BOTTLEROCKET, {"kubernetes": {}}, "user_data is {'kubernetes': {}}, but it must be Bottlerocket's settings"),
        (BOTTLEROCKET, [TOML], "but it must be Bottlerocket's settings, as TOML or as a mapping"),
        (
            BOTTLEROCKET,
            '[settings.kubernetes]\nmax-pods = 50\napi-server = "x"\n',
            "user_data.settings.kubernetes.max-pods is 50, but set max_pods of the group instead",
        ),
        (
            BOTTLEROCKET,
            {"settings": {"kubernetes": {"node-labels": {"a": "b"}}}},
            "user_data.settings.kubernetes.node-labels is {'a': 'b'}, but set labels of the group instead",
        ),
        (BOTTLEROCKET, {"settings": {"list": [1, 2.5]}}, "user_data.settings.list is [1, 2.5], but EKS reads no lists of mixed types"),
        (BOTTLEROCKET, {"settings": {"motd": "a\nb"}}, "user_data.settings.motd is 'a\\nb', but EKS reads no escaped characters"),
        (BOTTLEROCKET, {"settings": {"it's": 1}}, "user_data.settings.it's is 1, but EKS reads no quotes in names of settings"),
        (BOTTLEROCKET, {"settings": {"motd": None}}, "user_data.settings.motd is None, but it must be a string, a number, true, false"),
    ],
)
def test_user_data_that_is_refused(ami_type: str, given: Any, expected: str) -> None:
    found = complaints(**group(ami_type=ami_type, user_data=given))
    assert any(problem.startswith(f"{GROUP}.user_data") and expected in problem for problem in found), found


PREFIXES = {"addons": {"vpc-cni": {"configuration": {"env": {"ENABLE_PREFIX_DELEGATION": "true"}}}}}
CUSTOM = {"addons": {"vpc-cni": {"configuration": {"env": {"AWS_VPC_K8S_CNI_CUSTOM_NETWORK_CFG": "true"}}}}}
GIVE = 'addons.vpc-cni.configuration: {env: {ENABLE_PREFIX_DELEGATION: "true"}}'


@pytest.mark.parametrize(
    ("pods", "types", "more", "expected"),
    [
        (17, ["t3.medium"], {}, ""),
        (18, ["t3.medium"], {}, f"t3.medium has addresses for 17; set it to at most that, or give them prefixes: {GIVE}"),
        (110, ["t3.medium"], PREFIXES, ""),
        (111, ["t3.medium"], PREFIXES, "EKS allows 110 on t3.medium, which has 2 vCPUs; set it to at most that"),
        (250, ["m5.8xlarge"], PREFIXES, ""),
        (235, ["m5.8xlarge"], {}, f"m5.8xlarge has addresses for 234; set it to at most that, or give them prefixes: {GIVE}"),
        (29, ["m5.large", "t3.medium"], {}, f"t3.medium has addresses for 17; set it to at most that, or give them prefixes: {GIVE}"),
        (18, ["t2.medium"], PREFIXES, "t2.medium has addresses for 17; set it to at most that, or choose larger instances"),
        (13, ["t3.medium"], CUSTOM, f"t3.medium has addresses for 12; set it to at most that, or give them prefixes: {GIVE}"),
        (110, ["t3.medium"], {"addons": {"vpc-cni": None}}, ""),
    ],
)
def test_pods_have_addresses(pods: int, types: list[str], more: dict[str, Any], expected: str) -> None:
    found = said(**group(max_pods=pods, instance_types=types), **more)
    assert found == ([f"{GROUP}.max_pods is {pods}, but {expected}"] if expected else [])


@pytest.mark.parametrize("pods", [0, 3, 251, "many"])
def test_numbers_of_pods_that_are_refused(pods: Any) -> None:
    shown = f"{pods!r}"
    assert complaints(**group(max_pods=pods)) == [f"{GROUP}.max_pods is {shown}, but it must be a whole number from 4 to 250"]


def test_only_the_default_network_card_has_addresses_of_pods() -> None:
    network = {
        "MaximumNetworkInterfaces": 60,
        "Ipv4AddressesPerInterface": 50,
        "DefaultNetworkCardIndex": 0,
        "NetworkCards": [{"NetworkCardIndex": 0, "MaximumNetworkInterfaces": 15}, {"NetworkCardIndex": 1, "MaximumNetworkInterfaces": 15}],
    }
    described = {
        "ProcessorInfo": {"SupportedArchitectures": ["x86_64"]},
        "VCpuInfo": {"DefaultVCpus": 96},
        "NetworkInfo": network,
        "Hypervisor": "nitro",
    }
    found = instance_type_of(described)
    assert found == InstanceType(("x86_64",), 96, 15, 50, True)
    assert addressable(found, prefixes=False, custom_networking=False) == 737
