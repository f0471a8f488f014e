# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""A saved plan for people: text, Markdown for a pull request, JSON, and the differences between two plans."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.model import Resource
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.planner import Consent
from ansible_collections.mainstay.aws.plugins.module_utils.saved_plans.plan_file import as_text, make_book
from ansible_collections.mainstay.aws.plugins.module_utils.saved_plans.show import differences, plan_markdown, plan_text
from scripts import plan as command

from .samples import DESIRED, OBSERVED, context, described, saved, seen, without

AT = "2026-01-31T12:00:00Z"
COMMENT = 65_536
"""GitHub's limit on the length of a comment."""


def book(**changes: Any) -> dict[str, Any]:
    return make_book([saved(**changes)], AT)


TEXT = """\
Made 2026-01-31T12:00:00Z, fingerprint FINGERPRINT.

prod: AWS, account 123456789012, af-south-1

network  1 to add, 1 to change, 1 to replace, 1 to destroy, 1 unchanged, 1 held back
  ~ house.changed  id-changed
      size     1 -> 2
      friends  - id-gone
               + (known after apply)
  - house.gone  id-gone  color=red  peer=id-kept
      destroyed because it is no longer described
  + house.new  color=red  size=1  label=n  peer=id-kept  password=(sensitive)
-/+ house.swapped  id-old
      color  red -> blue  forces replacement

  held back: it stays, and an apply does the rest
  - house.stays  id-stays  color=green
      destroyed because it is no longer described

to allow all of this, and nothing else, add to the command that makes the plan:
--extra-vars '{"platform_allow_replace": ["network:house.swapped"], "platform_purge": ["network:house.gone", "network:house.stays"]}'

1 deletion held back, see above: an apply leaves it out.
Plan: 1 to add, 1 to change, 1 to replace, 1 to destroy.
"""


def test_text() -> None:
    one = book()
    assert plan_text(one, 120) == TEXT.replace("FINGERPRINT", one["fingerprint"][:16])


def test_markdown_has_a_fold_for_each_component() -> None:
    second = {**saved(), "host": "second", "component": "second"}
    text = plan_markdown(make_book([saved(), second], AT))
    assert text.startswith("### Plan: 2 to add, 2 to change, 2 to replace, 2 to destroy.")
    assert [text.count(f"<details><summary><b>{name}</b>: 1 to add") for name in ("network", "second")] == [1, 1]
    assert "time" not in text
    assert text.endswith("_\n")
    assert "_Saved plan. Made 2026-01-31T12:00:00Z, fingerprint " in text


@pytest.mark.parametrize(("count", "cut"), [(10, ""), (700, "properties are left out here"), (3000, "Cut here: too long for a comment.")])
def test_markdown_fits_into_a_comment_and_names_what_is_omitted(count: int, cut: str) -> None:
    many = [Resource("house", f"number-{n}", {"friends": [f"a long name {m}-{n}" for m in range(5)]}) for n in range(count)]
    text = plan_markdown(make_book([saved(many, [])], AT))
    assert len(text) < COMMENT
    assert cut in text
    assert "_Saved plan. Made" in text


@pytest.mark.parametrize(
    ("other", "expected"),
    [
        (book, []),
        (lambda: book(where=context(region="eu-west-1")), ["network: target: ~ region: af-south-1 -> eu-west-1"]),
        (
            lambda: book(consent=Consent(("*",), ("house.gone", "house.stays"))),
            [
                "network: consent: ~ purge; + house.stays",
                "network: planned only in the first plan: to delete house.stays (held back)",
                "network: planned only in the second plan: to delete house.stays",
            ],
        ),
        (
            lambda: book(desired=described("house.changed", size=3)),
            [
                "network: described differently: house.changed: size 2 -> 3",
                "network: planned differently: to update house.changed: size 2 -> 3",
            ],
        ),
        (
            lambda: book(observed=seen("house.kept", label="b")),
            [
                "network: found differently: house.kept (id-kept): label a -> b",
                "network: planned only in the second plan: to update house.kept",
            ],
        ),
        (
            lambda: book(observed=without("house.gone")),
            [
                "network: found only in the first plan: house.gone (id-gone)",
                "network: planned only in the first plan: to delete house.gone",
            ],
        ),
        (
            lambda: book(desired=[*DESIRED, Resource("house", "more")]),
            [
                "network: described only in the second plan: house.more",
                "network: planned only in the second plan: to create house.more",
            ],
        ),
        (lambda: make_book([], AT), ["network: only in the first plan"]),
        (lambda: make_book([saved(), {**saved(), "host": "x"}], AT), ["x (network): only in the second plan"]),
    ],
)
def test_what_separates_two_plans(other: Callable[[], dict[str, Any]], expected: list[str]) -> None:
    assert differences(book(), other()) == expected


def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    one, two = tmp_path / "one.plan", tmp_path / "two.plan"
    one.write_text(as_text(book()))
    two.write_text(as_text(book(observed=OBSERVED[:-1])))

    def run(*arguments: str) -> tuple[int, str, str]:
        code = command.main(arguments)
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    assert run("show", str(one))[:2][0] == 0
    assert "house.changed" in run("show", str(one))[1]
    assert run("show", "--format", "markdown", str(one))[1].startswith("### Plan: ")
    data = json.loads(run("show", "--format", "json", str(one))[1])
    assert (data["made_at"], data["totals"]["plan"]["create"], data["result"]) == (AT, 1, "held_back")
    assert run("diff", str(one), str(one)) == (0, "The plans make the same changes to the same resources.\n", "")
    code, printed, _ = run("diff", str(one), str(two))
    assert (code, "found only in the first plan: house.stays (id-stays)" in printed) == (1, True)
    code, _, reported = run("show", str(tmp_path / "none"))
    assert (code, "cannot be read: No such file" in reported) == (2, True)
