"""The folders of control planes: named after their clusters and never shared."""

from __future__ import annotations

from pathlib import Path

import pytest

from rehearsal.kubernetes import fleet as fleets
from rehearsal.kubernetes import plane as planes
from rehearsal.kubernetes.components import Webhooks


class Door:
    def webhooks(self, arn: str, directory: Path) -> Webhooks:
        return Webhooks(directory / "authenticate", directory / "authorize")

    def admission(self, arn: str, kind: str = "admit") -> tuple[str, bytes]:
        return f"https://door/{arn}", b""


def test_clusters_of_one_name_in_two_regions_have_folders_of_their_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(planes.ControlPlane, "start", lambda self: self._check_wanted())
    monkeypatch.setattr(fleets, "_start", lambda member, plane: plane.start())
    (tmp_path / "clusters" / "left").mkdir(parents=True)
    fleet = fleets.Fleet()
    fleet.open(tmp_path, lambda directory: Door())  # type: ignore[arg-type,return-value]
    assert not (tmp_path / "clusters" / "left").exists()
    arns = [f"arn:aws:eks:{region}:1:cluster/main" for region in ("eu-west-1", "eu-west-2", "eu-west-3")]
    for arn in arns:
        fleet.launch(arn, "main", "1.36", "", "172.20.0.0/16")
    members = [fleet.member(arn) for arn in arns]
    assert [member.plane.home.name for member in members if member] == ["main", "main.2", "main.3"]
    fleet.stop_all()
    assert [fleet.member(arn) for arn in arns] == [None, None, None]
    assert [member.phase for member in members if member] == ["stopped"] * 3
    fleet.launch(arns[2], "main", "1.36", "", "172.20.0.0/16")
    again = fleet.member(arns[2])
    assert again
    assert again.plane.home.name == "main"
    fleet.stop_all()
