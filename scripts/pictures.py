"""Draws the dashboards of a rehearsal's account, with what happened in the rehearsal, as HTML files. Uses boto3 alone."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import boto3

from rehearsal.pictures.data import read
from rehearsal.pictures.page import page
from scripts.terminal import ROOT


def folder_of(environment: str) -> Path:
    return ROOT / ".rehearsal" / environment / "dashboards"


def draw(cloud: Mapping[str, Any], environment: str) -> list[str]:
    """Draw every dashboard of the account's region, and return the lines that say where; none if there is no dashboard."""
    files = [os.path.relpath(path) for path in drawn(cloud, folder_of(environment))]
    return (
        ["Dashboards, with this rehearsal's traffic in them, as pages for a browser:", *(f"    {name}" for name in files)] if files else []
    )


def drawn(cloud: Mapping[str, Any], folder: Path) -> Iterator[Path]:
    """One file for each dashboard. Those of an earlier rehearsal are removed."""
    credentials, region = cloud["credentials"]["plan"], cloud["region"]

    @cache
    def client_in(place: str) -> Any:
        session = boto3.Session(credentials["access_key_id"], credentials["secret_access_key"], region_name=place)
        return session.client("cloudwatch", endpoint_url=cloud["endpoint"])

    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("*.html"):
        old.unlink()
    now = datetime.now(UTC) + timedelta(seconds=1)
    for one in client_in(region).list_dashboards()["DashboardEntries"]:
        name = one["DashboardName"]
        path = folder / f"{name}.html"
        path.write_text(page(name, read(client_in, region, name, now)))
        yield path
