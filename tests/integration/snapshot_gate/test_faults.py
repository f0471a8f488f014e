# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Every changing call of the gate with every outcome that a caller cannot tell apart, and with kills around it.

Whatever happens, the gate ends with a verdict, and after at most one more run there is one snapshot and one copy for each deployment, and
nothing is shared.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from .support import Site, outcome, until
from .test_copies import Far, names
from .test_playbook import run, start

CREATE, SHARE, COPY, UNSHARE, DELETE = "create", "share", "copy", "unshare", "delete"
CALLS: dict[str, tuple[str, int]] = {
    CREATE: ("CreateDBSnapshot", 1),
    SHARE: ("ModifyDBSnapshotAttribute", 1),
    COPY: ("CopyDBSnapshot", 1),
    UNSHARE: ("ModifyDBSnapshotAttribute", 2),
    DELETE: ("DeleteDBSnapshot", 1),
}
"""The operation, and which call of it."""

FAULTS: dict[str, dict[str, Any]] = {
    "the reply is lost": {"fault": "reset_after"},
    "it is not done": {"fault": "reset_before"},
    "it is throttled": {"fault": "error", "code": "Throttling", "status": 400, "times": 2},
    "it is refused": {"fault": "error", "code": "AccessDenied", "status": 403},
}
REFUSED: dict[str, tuple[str, str, int]] = {
    CREATE: ("refused", "access_denied", 4),
    SHARE: ("failed", "access_denied", 3),
    COPY: ("failed", "access_denied", 3),
    UNSHARE: ("failed", "share_not_taken_back", 3),
    DELETE: ("passed", "snapshot", 0),
}


@pytest.fixture
def far(site: Site) -> Far:
    """A site in which an older deployment was gated and copied."""
    found = Far(site)
    assert site.gate(deployment="r0", copies=[found.there])["verdict"] == "passed"
    return found


def inject(site: Site, call: str, **fault: Any) -> None:
    operation, nth = CALLS[call]
    site.cloud.admin.fault("rds", operation, **{"nth": nth, **fault})


def check(site: Site, far: Far) -> None:
    assert sorted(site.manual()) == ["main-r0", "main-r1"] or site.manual() == ["main-r1"]
    assert names(far.abroad)[-1:] == ["main-r1"]
    assert far.shared_with() == []


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("name", FAULTS)
def test_rule_10_each_changing_call_with_each_outcome(site: Site, far: Far, call: str, name: str) -> None:
    inject(site, call, **FAULTS[name])
    found = site.gate(copies=[far.there], keep=1)
    if name == "it is refused":
        assert outcome(found) == REFUSED[call], found["msg"]
        assert CALLS[call][0] in " ".join([found["msg"], *found["databases"]["main"]["notes"]])
        found = site.gate(copies=[far.there], keep=1)
    assert outcome(found) == ("passed", "snapshot", 0), found["msg"]
    check(site, far)


KILLED = {"F1 killed just before": "hang_before", "F2 the reply is lost": "reset_after", "F3 killed just after": "hang"}


@pytest.mark.nightly
@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("name", KILLED)
def test_rule_10_the_playbook_is_killed_around_a_call_and_run_again(site: Site, far: Far, tmp_path: Path, call: str, name: str) -> None:
    inject(site, call, fault=KILLED[name], seconds=20.0)
    variables = {"snapshot_gate_copies": [far.there], "snapshot_gate_keep": 1}
    process = start(site, tmp_path, "--databases", "main", **variables)
    if name.startswith("F2"):
        process.communicate(timeout=120)
    else:
        until(lambda: any(one["fired"] for one in site.cloud.admin.faults()), 60.0)
        process.kill()
        process.communicate(timeout=60)
    site.cloud.admin.clear_faults()
    code, report, shown = run(site, tmp_path, "--databases", "main", **variables)
    assert (code, report.get("verdict")) == (0, "passed"), shown
    check(site, far)
