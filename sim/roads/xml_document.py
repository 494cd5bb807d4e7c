"""XML whose elements know where they stand, so that whoever finds one wrong can say in which line."""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET
from xml.parsers import expat

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element


class MapError(Exception):
    """The map asked for cannot be had; the message is one sentence for whoever asked."""


class Document:
    """An OpenDRIVE text, read as CARLA's parser does: namespaces mean nothing.

    Raises:
        MapError: it is not XML; the sentence names line and column.
    """

    def __init__(self, text: str) -> None:
        parser, builder = expat.ParserCreate(), ET.TreeBuilder()
        self._places: dict[Element, tuple[int, int]] = {}

        def start(tag: str, attributes: dict[str, str]) -> None:
            self._places[builder.start(tag, attributes)] = parser.CurrentLineNumber, parser.CurrentColumnNumber + 1

        parser.StartElementHandler, parser.EndElementHandler = start, builder.end
        try:
            parser.Parse(text.encode(), True)  # expat limits how far entities expand
        except expat.ExpatError as error:
            raise MapError(f"it is not XML: {error}") from error
        self.root = builder.close()

    def fault(self, element: Element, sentence: str) -> MapError:
        """What is wrong with an element, and where it stands."""
        named = f' id="{element.get("id")}"' if element.get("id") else ""
        line, column = self._places[element]
        return MapError(f"line {line}, column {column}: <{element.tag}{named}> {sentence}")
