"""What a page's HTML says, read with the standard library's parser."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser

_VOID = {"meta", "link", "input", "br", "hr", "base", "img", "rect", "circle"}
_UNSEEN = {"script", "style", "title"}
_FETCHED = ("src", "href", "action", "srcset", "formaction", "poster", "data")


@dataclass
class Element:
    tag: str
    attributes: dict[str, str]
    text: str = ""


@dataclass
class Facts(HTMLParser):
    """Elements in order with the text in them, and the whole text as a text browser shows it."""

    elements: list[Element] = field(default_factory=list)
    text: str = ""
    _open: list[Element] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = Element(tag, {name: value or "" for name, value in attrs})
        self.elements.append(element)
        if tag not in _VOID:
            self._open.append(element)

    def handle_endtag(self, tag: str) -> None:
        if tag not in _VOID:
            assert self._open, f"</{tag}> closes nothing"
            opened = self._open.pop()
            assert opened.tag == tag, f"<{opened.tag}> is closed by </{tag}>"

    def handle_data(self, data: str) -> None:
        for element in self._open:
            element.text += data
        if not any(element.tag in _UNSEEN for element in self._open):
            self.text += data

    def close(self) -> None:
        super().close()
        assert not self._open, f"left open: {self._open}"

    def all(self, tag: str) -> list[Element]:
        return [element for element in self.elements if element.tag == tag]

    def addresses(self) -> list[str]:
        """Everything that the page may load, follow or post to."""
        return [
            element.attributes[name]
            for element in self.elements
            for name in _FETCHED
            if name in element.attributes
        ]


def facts(html: str) -> Facts:
    found = Facts()
    found.feed(str(html))
    found.close()
    found.text = " ".join(found.text.split())
    return found
