"""How long s3_content takes for a directory of many small files: first upload, unchanged, and with ten files changed.

.venv/bin/python -m benchmarks.content                    # 2,000 files at 80 ms a request
.venv/bin/python -m benchmarks.content --files 200 --latency 0
"""

from __future__ import annotations

import argparse
import json
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

from rehearsal.testing import Cloud
from scripts.terminal import BIN, ROOT, isolated_environment

ACCOUNT, REGION, BUCKET = "111122223333", "eu-west-1", "bench-web"
CHANGED = 10


def write_site(folder: Path, files: int) -> None:
    (folder / "assets").mkdir(parents=True)
    (folder / "index.html").write_text("one")
    for number in range(files - 1):
        (folder / "assets" / f"{number:05}.js").write_text(f"{number} ".ljust(1024))


def run(cloud: Cloud, site: Path) -> tuple[dict[str, Any], float]:
    """(the module's result, seconds of the whole process)."""
    options = {"environment": "bench", "component": "web", "region": REGION, "bucket": BUCKET, "directory": str(site)}
    environment = isolated_environment({**cloud.environment(), "ANSIBLE_NOCOLOR": "1", "ANSIBLE_CALLBACK_RESULT_FORMAT": "json"})
    environment["PATH"] = f"{BIN}:{environment.get('PATH', '')}"
    began = time.monotonic()
    command = [str(BIN / "ansible"), "localhost", "-c", "local", "-m", "mainstay.aws.s3_content", "-a", json.dumps(options)]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=900, check=False)
    seconds = time.monotonic() - began
    if done.returncode:
        raise SystemExit(done.stdout + done.stderr)
    found: dict[str, Any] = json.loads(done.stdout.partition("=> ")[2])
    return found, seconds


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--files", type=int, default=2000)
    parser.add_argument("--latency", type=float, default=80.0, metavar="MS")
    chosen = parser.parse_args()
    with Cloud(account_id=ACCOUNT, region=REGION) as cloud, tempfile.TemporaryDirectory() as folder:
        site = Path(folder) / "dist"
        write_site(site, chosen.files)
        cloud.client("s3").create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
        cloud.admin.settings(latency_ms=chosen.latency)
        print(f"{chosen.files} files of 1 KB, {chosen.latency:g} ms a request")
        print(f"{'':24}{'uploaded':>10}{'module s':>10}{'process s':>11}{'reads':>8}{'writes':>8}")
        for step in ("first", "unchanged", f"{CHANGED} changed", "unchanged again"):
            if step.endswith("changed") and step != "unchanged":
                for number in range(CHANGED):
                    (site / "assets" / f"{number:05}.js").write_text("changed")
            found, seconds = run(cloud, site)
            calls = found["api_calls"]
            line = f"{step:24}{len(found['uploads']):>10}{found['seconds']:>10.1f}{seconds:>11.1f}{calls['read']:>8}{calls['write']:>8}"
            print(line, flush=True)


if __name__ == "__main__":
    main()
