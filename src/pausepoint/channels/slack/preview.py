"""A Slack message as HTML, drawn from its blocks about as Slack would."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from html import unescape
from typing import Any, Final

from markupsafe import Markup, escape

_SPAN: Final = re.compile(
    r"<(?P<url>https?://[^|>]+)(?:\|(?P<label>[^>]*))?>"
    r"|<!date\^\d+\^[^|>]*\|(?P<date>[^>]*)>"
    r"|`(?P<code>[^`\n]+)`"
    r"|(?<!\w)\*(?P<bold>[^*\n]+)\*(?!\w)"
    r"|(?<!\w)_(?P<italic>[^_\n]+)_(?!\w)"
    r"|(?<!\w)~(?P<struck>[^~\n]+)~(?!\w)"
)
_TAGS: Final = {"code": "code", "bold": "b", "italic": "i", "struck": "s"}


def slack_html(payload: Mapping[str, Any]) -> Markup:
    """The whole message; its fallback text where it has no blocks."""
    blocks = payload.get("blocks")
    if not blocks:
        return Markup("<p>{}</p>").format(_mrkdwn(str(payload.get("text", ""))))
    return _join(_block(block) for block in blocks)


def _block(block: Mapping[str, Any]) -> Markup:
    match block.get("type"):
        case "header":
            return Markup('<p class="slack-header">{}</p>').format(unescape(block["text"]["text"]))
        case "section":
            texts = [*([block["text"]] if "text" in block else []), *block.get("fields", [])]
            return _join(_paragraph(text) for text in texts)
        case "context":
            return Markup('<p class="slack-context">{}</p>').format(
                _join((_text(text) for text in block["elements"]), " ")
            )
        case "divider":
            return Markup("<hr>")
        case "rich_text":
            return _join(_rich(element) for element in block["elements"])
        case _:
            return Markup('<pre class="code">{}</pre>').format(
                json.dumps(block, ensure_ascii=False, indent=2)
            )


def _paragraph(text: Mapping[str, Any]) -> Markup:
    """Lines that begin with `>` are a quotation, as in Slack."""
    if text.get("type") != "mrkdwn":
        return Markup("<p>{}</p>").format(unescape(text["text"]))
    parts: list[Markup] = []
    for is_quoted, lines in _runs(text["text"].split("\n")):
        inner = Markup("\n").join(_mrkdwn(line) for line in lines)
        tag = "blockquote" if is_quoted else "p"
        parts.append(Markup(f"<{tag}>{{}}</{tag}>").format(inner))  # noqa: S704
    return _join(parts)


def _runs(lines: Iterable[str]) -> list[tuple[bool, list[str]]]:
    runs: list[tuple[bool, list[str]]] = []
    for line in lines:
        bare = re.sub(r"^(?:>|&gt;) ?", "", line)
        is_quoted = bare != line
        if not runs or runs[-1][0] != is_quoted:
            runs.append((is_quoted, []))
        runs[-1][1].append(bare)
    return runs


def _text(text: Mapping[str, Any]) -> Markup:
    return _mrkdwn(text["text"]) if text.get("type") == "mrkdwn" else escape(text.get("text", ""))


def _mrkdwn(text: str) -> Markup:
    parts: list[Markup] = []
    start = 0
    for match in _SPAN.finditer(text):
        parts += [_plain(text[start : match.start()]), _span(match)]
        start = match.end()
    return _join([*parts, _plain(text[start:])])


def _span(match: re.Match[str]) -> Markup:
    if match["url"] is not None:
        return _link(unescape(match["url"]), unescape(match["label"] or match["url"]))
    if match["date"] is not None:
        return _plain(match["date"])
    kind = match.lastgroup or ""
    inner = _plain(match[kind]) if kind == "code" else _mrkdwn(match[kind])
    return Markup(f"<{_TAGS[kind]}>{{}}</{_TAGS[kind]}>").format(inner)  # noqa: S704


def _plain(text: str) -> Markup:
    return escape(unescape(text))


def _link(url: str, label: str) -> Markup:
    if not url.startswith(("https://", "http://")):
        return escape(label)
    return Markup('<a href="{}" target="_blank" rel="noreferrer">{}</a>').format(url, label)


def _rich(element: Mapping[str, Any]) -> Markup:
    tag = {"rich_text_quote": "blockquote", "rich_text_preformatted": "pre"}.get(
        element.get("type", ""), "p"
    )
    inner = _join(_rich_piece(piece) for piece in element.get("elements", []))
    return Markup(f"<{tag}>{{}}</{tag}>").format(inner)  # noqa: S704


def _rich_piece(piece: Mapping[str, Any]) -> Markup:
    if piece.get("type") == "link":
        return _link(piece["url"], piece.get("text", piece["url"]))
    text = escape(piece.get("text", ""))
    return Markup("<b>{}</b>").format(text) if piece.get("style", {}).get("bold") else text


def _join(parts: Iterable[Markup], between: str = "") -> Markup:
    return Markup(between).join(parts)  # noqa: S704
