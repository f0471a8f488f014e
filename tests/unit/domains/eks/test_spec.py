# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The modules' options match their documentation."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from ansible_collections.mainstay.aws.plugins.module_utils.domains.eks.settings.cluster import read
from ansible_collections.mainstay.aws.plugins.module_utils.domains.eks.spec import argument_spec, info_argument_spec
from ansible_collections.mainstay.aws.plugins.module_utils.domains.eks.validate import validate
from ansible_collections.mainstay.aws.plugins.module_utils.inputs.problems import Problems
from ansible_collections.mainstay.aws.plugins.modules import eks_cluster, eks_cluster_info
from tests.unit.documentation import documentable, options_with_fragments
from tests.unit.domains.eks.samples import NETWORK

MODULES = [
    pytest.param(eks_cluster.DOCUMENTATION, argument_spec(), id="eks_cluster"),
    pytest.param(eks_cluster_info.DOCUMENTATION, info_argument_spec(), id="eks_cluster_info"),
]
EXAMPLES = [
    pytest.param(task["mainstay.aws.eks_cluster"]["clusters"], id=task["name"])
    for task in yaml.safe_load(eks_cluster.EXAMPLES)
    if "clusters" in task["mainstay.aws.eks_cluster"]
]
NONSENSE = {"nonsense": 1}
PARTS = ("access", "addons", "node_groups", "fargate_profiles", "pod_identities", "irsa_roles")


@pytest.mark.parametrize(("documentation", "options"), MODULES)
def test_documentation_and_options_agree(documentation: str, options: dict[str, Any]) -> None:
    assert options_with_fragments(documentation) == documentable(options)


@pytest.mark.parametrize("clusters", EXAMPLES)
def test_examples_are_valid(clusters: Any) -> None:
    assert validate(clusters, environment="prod", network=NETWORK)[1] == []


def test_every_setting_is_documented() -> None:
    problems = Problems()
    parts: dict[str, Any] = {part: {"one": NONSENSE} for part in PARTS}
    parts["node_groups"]["one"] = {**NONSENSE, "scaling": {**NONSENSE, "schedules": {"one": NONSENSE}}, "update": NONSENSE}
    read({"main": {**NONSENSE, **parts, "endpoint": NONSENSE}}, "n", "dev", NETWORK, problems)
    text = " ".join(yaml.safe_load(eks_cluster.DOCUMENTATION)["options"]["clusters"]["description"])
    known = {
        word
        for message in problems.messages
        if "; valid names are " in message
        for word in message.partition("; valid names are ")[2].split(", ")
    }
    of_schedules = {"recurrence", "time_zone"}
    assert len(known) > 50
    assert [name for name in sorted(known - of_schedules) if f"C({name})" not in text] == []
