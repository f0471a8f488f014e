"""Draw the dashboard of a rehearsed environment as an HTML file. `make rehearse` ends with it; alone: python -m scripts.picture prod."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import boto3

from rehearsal import launcher
from rehearsal.pictures.page import page
from rehearsal.pictures.reading import picture
from scripts.terminal import ROOT


def draw(cloud: Mapping[str, Any], environment: str) -> Path | None:
    """The file with the environment's dashboard; None if the environment has no dashboard."""
    variables = launcher.environment(dict(cloud), "plan")

    def client(region: str) -> Any:
        return boto3.client(
            "cloudwatch",
            region_name=region,
            endpoint_url=variables["AWS_ENDPOINT_URL"],
            aws_access_key_id=variables["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=variables["AWS_SECRET_ACCESS_KEY"],
        )

    region = str(cloud["region"])
    names = [one["DashboardName"] for one in client(region).list_dashboards(DashboardNamePrefix=environment)["DashboardEntries"]]
    if environment not in names:
        return None
    path = ROOT / ".rehearsal" / environment / "dashboard.html"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(page(picture(environment, client, region, f"account {cloud['account_id']}")), encoding="utf-8")
    return path


def main(environment: str) -> int:
    cloud = launcher.find(environment)
    path = draw(cloud, environment) if cloud else None
    print(f"The dashboard: {path}" if path else f"{environment} has no dashboard; the role observability makes one.")
    return 0 if path else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
