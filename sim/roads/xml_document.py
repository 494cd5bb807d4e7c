"""XML whose elements know their line and column, for error messages."""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET
from xml.parsers import expat

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element


class MapError(Exception):
    """The requested map cannot be used; the message is one sentence for the user."""


class Document:
    """An OpenDRIVE text, read as CARLA's parser reads it: without XML namespaces.

    Raises:
        MapError: it is not XML, or has a document type, which OpenDRIVE does not use and whose entities let a few bytes
            stand for millions of elements; the message names line and column.
    """

    def __init__(self, text: str) -> None:
        parser, builder = expat.ParserCreate(), ET.TreeBuilder()
        self._places: dict[Element, tuple[int, int]] = {}

        def start(tag: str, attributes: dict[str, str]) -> None:
            self._places[builder.start(tag, attributes)] = parser.CurrentLineNumber, parser.CurrentColumnNumber + 1

        def refuse_document_type(*_: object) -> None:
            place = f"line {parser.CurrentLineNumber}, column {parser.CurrentColumnNumber + 1}"
            raise MapError(f"{place}: it declares a document type (<!DOCTYPE>), unknown to OpenDRIVE: remove it")

        parser.StartElementHandler, parser.EndElementHandler = start, builder.end
        parser.StartDoctypeDeclHandler = refuse_document_type
        try:
            parser.Parse(text.encode(), True)
        except expat.ExpatError as error:
            raise MapError(f"it is not XML: {error}") from error
        self.root = builder.close()

    def error_at(self, element: Element, sentence: str) -> MapError:
        """An error about an element, with its line and column."""
        named = f' id="{element.get("id")}"' if element.get("id") else ""
        line, column = self._places[element]
        return MapError(f"line {line}, column {column}: <{element.tag}{named}> {sentence}")
