# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The server encodings of PostgreSQL. Pure functions."""

from __future__ import annotations

import re

NAMES = """
utf8 unicode latin1 latin2 latin3 latin4 latin5 latin6 latin7 latin8 latin9 latin10 iso88591 iso88592 iso88593 iso88594 iso88595
iso88596 iso88597 iso88598 iso88599 iso885910 iso885913 iso885914 iso885915 iso885916 eucjp eucjis2004 euckr euccn euctw
koi8 koi8r koi8u sqlascii muleinternal win win866 win874 win1250 win1251 win1252 win1253 win1254 win1255 win1256 win1257 win1258
windows866 windows874 windows1250 windows1251 windows1252 windows1253 windows1254 windows1255 windows1256 windows1257 windows1258
abc alt tcvn tcvn5712 vscii
"""
ENCODINGS = frozenset(NAMES.split())
"""Server encodings and their aliases, without the signs that PostgreSQL ignores (PostgreSQL manual, "Character set support")."""


def is_encoding(text: str) -> bool:
    """Whether PostgreSQL takes this as an encoding: it ignores case and all signs."""
    return re.sub(r"[^a-z0-9]", "", text.lower()) in ENCODINGS
