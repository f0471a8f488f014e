# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""A tag is accepted if every service would accept it."""

from __future__ import annotations

import datetime
from typing import Any

import pytest

from ansible_collections.mainstay.aws.plugins.module_utils.component.options import option_problems
from ansible_collections.mainstay.aws.plugins.module_utils.component.tag_limits import tag_set_problems
from ansible_collections.mainstay.aws.plugins.module_utils.domains.eks.domain import KINDS as EKS
from ansible_collections.mainstay.aws.plugins.module_utils.domains.network.domain import KINDS as NETWORK
from ansible_collections.mainstay.aws.plugins.module_utils.inputs.tags import doubles, tag_problem
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.model import Observed, Resource

KINDS = {**NETWORK, **EKS}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("owner", "platform"),
        ("cost-center", 42),
        ("empty", ""),
        ("Name", "mine"),
        ("kubernetes.io/cluster/apps", "shared"),
        ("Größe", "5 µ".replace("µ", "m")),
        ("mail", "a+b@example.org"),
        ("n" * 127, "v" * 255),
        ("price", "=1.10/h_x"),
    ],
)
def test_accepted(name: Any, value: Any) -> None:
    assert tag_problem(name, value) == ""


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("aws:x", "y", "names that begin with aws:, mainstay:, rds:"),
        ("AWS:x", "y", "names that begin with"),
        ("mainstay:address", "vpc.main", "names that begin with"),
        ("Mainstay:Address", "vpc.main", "names that begin with"),
        ("rds:x", "y", "names that begin with"),
        ("x", "aws:y", "values that begin with aws: or rds:"),
        ("name", "x", "IAM does not tell it from Name"),
        ("NAME", "x", "IAM does not tell it from Name"),
        ("x", None, 'it must be a string; write "" for an empty one'),
        ("x", True, "it must be a string, and YAML has read it as something else; put it in quotes"),
        ("x", 1.1, "it must be a string, and YAML has read it as something else"),
        ("x", datetime.date(2026, 1, 31), "it must be a string, and YAML has read it as something else"),
        ("x", ["y"], "it must be a string"),
        (True, "x", "the name must be a string, and YAML has read it as something else"),
        (None, "x", "the name must be a string"),
        ("", "x", "the name has 0 characters"),
        ("n" * 128, "x", "the name has 128 characters, and EC2 accepts 1 to 127"),
        ("x", "v" * 256, "the value has 256 characters"),
        ("x ", "y", "the name begins or ends with a space"),
        ("x", " y", "the value begins or ends with a space"),
        ("a,b", "y", "the name contains ',', and IAM accepts"),
        ("x", "y & z", "the value contains '&'"),
        ("x", "line\nline", r"the value contains '\n'"),
        ("x", "ok (really)", "the value contains '()'"),
        ("x", "😀", "the value contains"),
    ],
)
def test_refused(name: Any, value: Any, expected: str) -> None:
    assert tag_problem(name, value).startswith(expected)


def test_names_that_differ_only_in_case() -> None:
    assert doubles(["Team", "owner", "team", "TEAM"]) == [("TEAM", "Team", "team")]
    (problem,) = option_problems({"tags": {"Team": "a", "team": "b"}})
    assert problem == "tags (platform_tags) has a name twice: Team and team differ only in case, and IAM takes them for the same; keep one."


def resource(kind: str = "vpc", **tags: str) -> Resource:
    return Resource(kind, "main", {"tags": {"Name": "x", **tags}})


def many(count: int) -> dict[str, str]:
    return {f"t{number}": "x" for number in range(count)}


def seen(**tags: str) -> Observed:
    return Observed("vpc", "vpc.main", "vpc-1", {"tags": tags})


@pytest.mark.parametrize(
    ("desired", "observed", "expected"),
    [
        ([resource(**many(46))], [], []),
        ([resource(**many(47))], [], ["the tags of vpc.main: they are 51 with 3 that are added, and AWS allows 50; take some out"]),
        (
            [resource(**many(46))],
            [seen(**{"kubernetes.io/cluster/a": "shared", "aws:x": "y"})],
            ["the tags of vpc.main: they are 51 with 3 that are added, and AWS allows 50; take some out"],
        ),
        (
            [resource(Team="a", team="b"), resource("subnet", Team="a", team="b")],
            [],
            [
                "the tags of vpc.main and 1 more: Team and team differ only in case, and IAM takes them for the same; keep one, in "
                "platform_tags or in the tags of the component"
            ],
        ),
    ],
)
def test_sets_that_come_together(desired: list[Resource], observed: list[Observed], expected: list[str]) -> None:
    assert tag_set_problems(desired, observed, KINDS) == expected


def test_instances_get_further_tags_from_eks() -> None:
    tags = [{"Key": name, "Value": "x"} for name in many(46)]
    template = Resource("launch_template", "main/a", {"data": {"TagSpecifications": [{"ResourceType": "instance", "Tags": tags}]}})
    (problem,) = tag_set_problems([template], [], KINDS)
    assert problem == "the tags of launch_template.main/a: they are 51 with 5 that are added, and AWS allows 50; take some out"
