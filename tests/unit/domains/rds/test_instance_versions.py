# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Engine versions: a major version allows any minor one, and nothing is ever lowered."""

from __future__ import annotations

import pytest

from ansible_collections.mainstay.aws.plugins.module_utils.domains.rds.kinds import db_instance_versions as versions


@pytest.mark.parametrize(
    ("desired", "observed", "expected"),
    [
        ("17", None, "17"),
        ("17", "17.4", "17.4"),
        ("17.4", "17.4", "17.4"),
        ("17.6", "17.4", "17.6"),
        ("17.4", "17.6", "17.6"),
        ("17.10", "17.9", "17.10"),
        ("18", "17.6", "18"),
        ("17", "18.1", "18.1"),
        (None, "17.4", "17.4"),
        ("16", "16.8-rds.20250313", "16.8-rds.20250313"),
    ],
)
def test_the_version_that_stays_or_comes(desired: str | None, observed: str | None, expected: str) -> None:
    assert versions.kept(desired, observed) == expected


@pytest.mark.parametrize(
    ("wanted", "present", "expected"),
    [("18", "17.6", True), ("17.6", "17.4", False), ("17", "17.4", False), ("10", "9.6.1", True), ("18", None, False)],
)
def test_major_changes(wanted: str, present: str | None, expected: bool) -> None:
    assert versions.is_major_change(wanted, present) is expected


@pytest.mark.parametrize(
    ("wanted", "offered", "expected"),
    [
        ("17", ["17.4", "17.10", "17.9", "16.12"], "17.10"),
        ("17.4", ["17.4", "17.10"], "17.4"),
        ("19", ["18.1"], "19"),
        ("17", [], "17"),
    ],
)
def test_the_newest_minor_version_is_requested(wanted: str, offered: list[str], expected: str) -> None:
    assert versions.newest(wanted, offered) == expected


@pytest.mark.parametrize(
    ("present", "wanted", "consent", "said"),
    [
        ("17.4", "17", False, ""),
        ("17.4", "17.2", False, ""),
        ("", "18", False, ""),
        ("17.4", "18", True, ""),
        ("17.4", "18", False, "rds_allow_major_upgrade"),
        ("18.1", "17", True, 'set it to "18"'),
    ],
)
def test_what_is_refused(present: str, wanted: str, consent: bool, said: str) -> None:
    found = versions.refused("databases.main.version", present, wanted, consent)
    assert bool(found) == bool(said)
    assert said in "".join(found)


@pytest.mark.parametrize(
    ("present", "wanted", "said"), [("17.6", "17.4", True), ("17.6", "17", False), ("17.4", "17.6", False), ("18.1", "17.4", False)]
)
def test_a_newer_minor_version_is_mentioned(present: str, wanted: str, said: bool) -> None:
    assert bool(versions.left_alone("databases.main.version", present, wanted)) is said
