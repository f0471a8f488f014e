# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Files of scripts: formats, completeness, digests."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from ansible_collections.mainstay.aws.plugins.module_utils.postgresql.script.source import ARCHIVE, GZIP, PLAIN, look
from ansible_collections.mainstay.aws.plugins.module_utils.postgresql.script.splitting import ScriptProblem

DUMP = b"--\n-- PostgreSQL database dump\n--\n\nSELECT 1;\n"
COMPLETE = b"--\n-- PostgreSQL database dump complete\n--\n\n\\unrestrict x\n"


def written(folder: Path, content: bytes, name: str = "a.sql") -> str:
    path = folder / name
    path.write_bytes(content)
    return str(path)


def test_a_compressed_script_is_the_same_script(tmp_path: Path) -> None:
    plain = look(written(tmp_path, b"SELECT 1;\n"))
    packed = look(written(tmp_path, gzip.compress(b"SELECT 1;\n"), "a.sql.gz"))
    assert (plain.form, packed.form) == (PLAIN, GZIP)
    assert plain.digest == packed.digest
    with packed.lines() as lines:
        assert list(lines) == [b"SELECT 1;\n"]


def test_a_byte_order_mark_is_no_sql(tmp_path: Path) -> None:
    with look(written(tmp_path, b"\xef\xbb\xbfSELECT 1;")).lines() as lines:
        assert list(lines) == [b"SELECT 1;"]


def test_a_complete_dump(tmp_path: Path) -> None:
    assert look(written(tmp_path, DUMP + COMPLETE)).form == PLAIN


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is empty"),
        (DUMP, "is not complete: the last line that pg_dump writes is missing"),
        (b"--\n-- PostgreSQL database cluster dump\n--\n", "a whole server"),
        (b"(\xb5/\xfdabc", "is zstd"),
        ("SELECT 1;".encode("utf-16"), "is UTF-16"),
        (gzip.compress(b"SELECT 1;" * 99)[:20], "cannot be read"),
    ],
)
def test_files_that_are_no_script(tmp_path: Path, content: bytes, said: str) -> None:
    path = written(tmp_path, content)
    with pytest.raises(ScriptProblem) as found:
        look(path)
    assert said in str(found.value)
    assert path in str(found.value)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ScriptProblem, match=r"none\.sql cannot be read: No such file"):
        look(str(tmp_path / "none.sql"))


def test_an_archive_needs_pg_restore(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = written(tmp_path, b"PGDMP\x01\x10", "railway.dump")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ScriptProblem, match="pg_restore is not on the PATH"):
        look(path)
    program = tmp_path / "pg_restore"
    program.write_text("#!/bin/sh\n[ $1 = --file=- ] && echo 'SELECT 1;'\n")
    program.chmod(0o700)
    script = look(path)
    assert script.form == ARCHIVE
    with script.lines() as lines:
        assert list(lines) == [b"SELECT 1;\n"]
    program.write_text("#!/bin/sh\necho 'pg_restore: error: unsupported version (1.16)' >&2\nexit 1\n")
    with (
        pytest.raises(ScriptProblem, match="cannot be read by pg_restore: pg_restore: error: unsupported version"),
        script.lines() as lines,
    ):
        list(lines)
