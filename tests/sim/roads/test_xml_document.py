"""An OpenDRIVE document knows where its elements are, ignores namespaces and refuses what is not XML."""

from __future__ import annotations

import pytest

from sim.roads.xml_document import Document, MapError

BOMB = (
    '<!DOCTYPE a [<!ENTITY e0 "ha">'
    + "".join(f'<!ENTITY e{i} "{f"&e{i - 1};" * 10}">' for i in range(1, 10))
    + "]><a>&e9;</a>"
)


def test_an_error_names_element_id_line_and_column() -> None:
    document = Document('<OpenDRIVE>\n  <road id="4"/><road/>\n</OpenDRIVE>')
    named, nameless = document.root.findall("road")
    assert str(document.error_at(named, "is wrong")) == 'line 2, column 3: <road id="4"> is wrong'
    assert str(document.error_at(nameless, "is wrong")) == "line 2, column 17: <road> is wrong"


def test_namespaces_are_ignored() -> None:
    document = Document('<OpenDRIVE xmlns="http://example.org/opendrive"><road/></OpenDRIVE>')
    assert document.root.tag == "OpenDRIVE"
    assert document.root.find("road") is not None


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "it is not XML: no element found: line 1, column 0"),
        ("<a>\n<b></a>", r"it is not XML: mismatched tag: line 2, column \d+"),
        ("<a>\n<b", r"it is not XML: unclosed token: line 2, column \d+"),
        (BOMB, r"line 1, column \d+: it declares a document type"),
        (
            '<?xml version="1.0"?>\n<!DOCTYPE OpenDRIVE SYSTEM "opendrive.dtd"><OpenDRIVE/>',
            r"line 2, column \d+: it declares a document type",
        ),
    ],
)
def test_text_that_is_not_xml_or_has_a_document_type_is_refused(text: str, complaint: str) -> None:
    with pytest.raises(MapError, match=complaint):
        Document(text)
