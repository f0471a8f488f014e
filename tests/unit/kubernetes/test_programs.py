# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Programs are run with a time limit and without a terminal."""

from __future__ import annotations

import sys

import pytest

from ansible_collections.mainstay.aws.plugins.module_utils.kubernetes.programs import run


@pytest.mark.parametrize(
    ("code", "stdin", "expected"),
    [
        pytest.param("print('out'); import sys; sys.exit('err')", None, (1, b"out\n", b"err\n"), id="exit code and output"),
        pytest.param("print(input())", "text", (0, b"text\n", b""), id="input"),
        pytest.param("import sys; print(sys.stdin.read() == '')", None, (0, b"True\n", b""), id="no input"),
        pytest.param("import os; print(os.environ['ONLY'], 'PATH' in os.environ)", None, (0, b"this False\n", b""), id="environment"),
    ],
)
def test_runs(code: str, stdin: str | None, expected: tuple[int, bytes, bytes]) -> None:
    assert run([sys.executable, "-c", code], {"ONLY": "this"}, 30, stdin) == expected


def test_ends_a_program_that_takes_too_long() -> None:
    with pytest.raises(TimeoutError):
        run([sys.executable, "-c", "import time; time.sleep(60)"], {}, 0.2)


def test_a_program_that_does_not_exist() -> None:
    with pytest.raises(FileNotFoundError):
        run(["/nothing/of/this/name"], {}, 30)
