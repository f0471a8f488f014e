# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Runs a program with a time limit, in any thread. Import it only to run one: asyncio takes as long to import as all of this package."""

from __future__ import annotations

import asyncio
import asyncio.subprocess
from collections.abc import Mapping, Sequence


def run(called: Sequence[str], environment: Mapping[str, str], seconds: float, stdin: str | None = None) -> tuple[int | None, bytes, bytes]:
    """Exit code and output. Not run_command, which must not be used in threads. Raises OSError, and TimeoutError after ``seconds``."""
    return asyncio.run(_run(called, environment, seconds, stdin))


async def _run(called: Sequence[str], environment: Mapping[str, str], seconds: float, stdin: str | None) -> tuple[int | None, bytes, bytes]:
    pipe = asyncio.subprocess.PIPE
    given = asyncio.subprocess.DEVNULL if stdin is None else pipe
    process = await asyncio.create_subprocess_exec(*called, env=environment, stdin=given, stdout=pipe, stderr=pipe)
    try:
        printed, complained = await asyncio.wait_for(process.communicate(None if stdin is None else stdin.encode()), seconds)
    except TimeoutError:
        process.kill()
        await process.wait()
        raise
    return process.returncode, printed, complained
