# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Scripts are split where psql splits them."""

from __future__ import annotations

import pytest

from ansible_collections.mainstay.aws.plugins.module_utils.postgresql.script.splitting import ScriptProblem, statements


def split(text: str) -> list[tuple[int, str]]:
    return [(one.line, one.text.decode()) for one in statements(text.encode().splitlines(keepends=True))]


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        ("", []),
        (" ;;\n;", []),
        ("SELECT 1; SELECT 2", [(1, "SELECT 1"), (1, "SELECT 2")]),
        ("-- a; comment\n\nSELECT 1 -- b;\n + 2;\n", [(3, "SELECT 1 \n + 2")]),
        ("/* a; /* nested; */ still; */ SELECT 1;", [(1, "SELECT 1")]),
        ("SELECT ';', '''; ', 'it''s\n;';\nSELECT 2;", [(1, "SELECT ';', '''; ', 'it''s\n;'"), (3, "SELECT 2")]),
        ("SELECT 'back\\'; SELECT 2;", [(1, "SELECT 'back\\'"), (1, "SELECT 2")]),
        ("SELECT E'it\\'s;\\\n;'; SELECT 2;", [(1, "SELECT E'it\\'s;\\\n;'"), (2, "SELECT 2")]),
        ("SELECT U&'\\0441;'; SELECT 2;", [(1, "SELECT U&'\\0441;'"), (1, "SELECT 2")]),
        ('SELECT "a;""b"; SELECT 2;', [(1, 'SELECT "a;""b"'), (1, "SELECT 2")]),
        ("DO $$ BEGIN; '; END $$; SELECT 2;", [(1, "DO $$ BEGIN; '; END $$"), (1, "SELECT 2")]),
        ("DO $a$ ;$b$; $$;\n$a$; SELECT 2;", [(1, "DO $a$ ;$b$; $$;\n$a$"), (2, "SELECT 2")]),
        ("SELECT a$b$c; SELECT $1; SELECT 'x'", [(1, "SELECT a$b$c"), (1, "SELECT $1"), (1, "SELECT 'x'")]),
        (
            "CREATE RULE r AS ON INSERT TO t DO (DELETE FROM a; DELETE FROM b); SELECT 2;",
            [(1, "CREATE RULE r AS ON INSERT TO t DO (DELETE FROM a; DELETE FROM b)"), (1, "SELECT 2")],
        ),
        (
            "CREATE OR REPLACE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT CASE WHEN true THEN 1 END; SELECT 2; END; SELECT 3;",
            [
                (1, "CREATE OR REPLACE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT CASE WHEN true THEN 1 END; SELECT 2; END"),
                (1, "SELECT 3"),
            ],
        ),
        (
            "BEGIN; UPDATE t SET a = CASE WHEN b THEN 1 END; COMMIT;",
            [(1, "BEGIN"), (1, "UPDATE t SET a = CASE WHEN b THEN 1 END"), (1, "COMMIT")],
        ),
        ("\\restrict abc\nSELECT 1;\n\\unrestrict abc\n", [(2, "SELECT 1")]),
        ("SELECT 'é', \"ü;\", $é$;$é$;", [(1, "SELECT 'é', \"ü;\", $é$;$é$")]),
    ],
)
def test_statements(script: str, expected: list[tuple[int, str]]) -> None:
    assert split(script) == expected


def test_rows_of_copy_are_no_sql() -> None:
    script = (
        b'COPY a.t (id, "from") FROM stdin;\n1\tit\'s; \\\\.\n\\N\t--\n\\.\nCOPY b FROM STDIN WITH (FORMAT csv); ignored\n\\.\nSELECT 1;\n'
    )
    split_lazily = statements(script.splitlines(keepends=True))
    found = [(one.line, one.words[0], None if one.rows is None else list(one.rows)) for one in split_lazily]
    assert found == [(1, "copy", [b"1\tit's; \\\\.\n", b"\\N\t--\n"]), (5, "copy", []), (7, "select", None)]


def test_rows_that_nobody_read_are_skipped() -> None:
    script = b"COPY t FROM stdin;\n1\n2\n\\.\nSELECT 1;"
    assert [one.line for one in statements(script.splitlines(keepends=True))] == [1, 5]


def test_copy_to_stdout_has_no_rows() -> None:
    (one,) = statements([b"COPY t TO stdout;\n"])
    assert one.rows is None


@pytest.mark.parametrize(
    ("script", "said"),
    [
        ("SELECT 'a;\nb", "line 1: the string does not end"),
        ("SELECT 1;\nDO $x$ a $$;", "line 2: the dollar-quoted string does not end"),
        ("/* a", "line 1: the comment does not end"),
        ("\n\\connect shop\nSELECT 1;", "line 2 has \\connect, a command of psql"),
        ("SELECT 1 \\gexec\n", "line 1 has \\gexec"),
        ("COPY t FROM stdin;\n1\n", "line 1: the rows of COPY are not followed"),
    ],
)
def test_scripts_that_cannot_be_split(script: str, said: str) -> None:
    with pytest.raises(ScriptProblem) as found:
        split(script)
    assert said in str(found.value)
