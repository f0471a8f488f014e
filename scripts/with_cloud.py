"""Runs a command with a rehearsal cloud of its own: python -m scripts.with_cloud COMMAND [ARGUMENT...]."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence

from rehearsal.testing import Cloud
from scripts.terminal import ROOT, isolated_environment


def main(arguments: Sequence[str] | None = None) -> int:
    command = sys.argv[1:] if arguments is None else list(arguments)
    if not command:
        print(__doc__, file=sys.stderr)
        return 2
    with Cloud() as cloud:
        return subprocess.run(command, cwd=ROOT, env=isolated_environment(cloud.environment()), check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
