"""The server writes XML as moto's serializers do."""

from __future__ import annotations

from typing import Any

import pytest
import xmltodict

from rehearsal.quick_replies import xml_of

DOCUMENTS: dict[str, Any] = {
    "texts": {"a": "1 < 2 & \"3\" > '4'", "b": "ümlaut\n", "c": "", "d": None},
    "values": {"yes": True, "no": False, "number": 7, "fraction": 1.5, "bytes": b"ab"},
    "lists": {"item": [{"a": "1"}, {"a": "2"}], "texts": ["x", "y", None, ""], "none": [], "empty": {}, "tuple": ("p", "q")},
    "attributes": {"@xmlns": "https://example.com/?a=b&c", "a": {"@type": 'say "hi"', "#text": "t"}, "b": {"@nil": None}},
    "depth": {"a": {"b": {"c": [{"d": "e"}, {"d": []}]}}, "f": {"g": []}},
}


@pytest.mark.parametrize("short", [True, False])
@pytest.mark.parametrize("full", [True, False])
@pytest.mark.parametrize("name", DOCUMENTS)
def test_the_text_is_that_of_xmltodict(name: str, full: bool, short: bool) -> None:
    document = {"Reply": DOCUMENTS[name]}
    assert xml_of(document, full, short) == xmltodict.unparse(document, full_document=full, short_empty_elements=short)


def test_a_document_has_one_root() -> None:
    with pytest.raises(ValueError, match="exactly one root"):
        xml_of({"a": "1", "b": "2"})
    assert xml_of({"a": "1", "b": "2"}, full_document=False) == "<a>1</a><b>2</b>"
