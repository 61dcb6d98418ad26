"""The style sheets: contrast in both schemes, and pages with nothing inline or from elsewhere."""

from __future__ import annotations

import re
from itertools import pairwise, product

import pytest

from pausepoint.domain.pause import Pause
from pausepoint.web.pages import headers
from pausepoint.web.pages.api_reference import render_reference
from pausepoint.web.pages.assets import asset
from pausepoint.web.pages.dev_inbox import render_inbox
from pausepoint.web.pages.home import render_home
from pausepoint.web.pages.respond import (
    render_outcome,
    render_problem,
    render_question,
    render_unknown_link,
)
from tests.web.pages.html_facts import facts
from tests.web.pages.samples import (
    ANSWERED,
    CANCELLED,
    LINK,
    LONG,
    NOW,
    OPENAPI,
    PATH,
    RTL,
    TIMED_OUT,
    USUAL,
    WITH_NOTE,
    email,
    slack,
    sms,
)

STYLE_SHEETS = ("pausepoint.css", "developer.css")
SCRIPTS = ("times.js", "respond.js", "copy.js", "dev_inbox.js")
# A surface that carries its own text colour, and what may lie on it.
SPECIAL_SURFACES = {"accent": {"on-accent"}, "line": {"ink"}}


def text_of(name: str) -> str:
    found = asset(name)
    assert found is not None
    return found.body.decode()


def question(pause: Pause, **given: object) -> str:
    return render_question(pause, "Acme", NOW, path=PATH, **given)  # type: ignore[arg-type]


PAGES = {
    "usual": question(USUAL),
    "chosen": question(USUAL, chosen=1),
    "error": question(WITH_NOTE, error="Choose one.", note="typed"),
    "long": question(LONG),
    "rtl": question(RTL),
    "answered": render_outcome(ANSWERED, "Acme", NOW),
    "too late": render_outcome(TIMED_OUT, "Acme", NOW),
    "cancelled": render_outcome(CANCELLED, "Acme", NOW),
    "unknown": render_unknown_link(),
    "problem": render_problem("Wait", "Too many tries."),
    "inbox": render_inbox([sms(1), email(2), slack(3)], {}, NOW, curl="curl"),
    "empty inbox": render_inbox([], {}, NOW, curl="curl http://127.0.0.1:8000"),
    "reference": render_reference(OPENAPI),
    "home": render_home("0.1.0", is_dev=True),
}


def schemes() -> dict[str, dict[str, str]]:
    css = text_of("pausepoint.css")
    light, dark = re.findall(r":root \{(.*?)\}", css, re.DOTALL)[:2]
    colours = [dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", block)) for block in (light, dark)]
    assert colours[0].keys() == colours[1].keys()
    return {"light": colours[0], "dark": colours[1]}


def used(property_name: str) -> set[str]:
    sheets = "".join(map(text_of, STYLE_SHEETS))
    return set(re.findall(rf"(?:^|[\s;{{]){property_name}: [^;]*?var\(--([\w-]+)\)", sheets))


def luminance(colour: str) -> float:
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def test_contrast_is_computed_as_wcag_has_it() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_colour_can_be_read_on_every_surface(scheme: str) -> None:
    colours = schemes()[scheme]
    texts = used("color")
    surfaces = used("background")

    assert surfaces - SPECIAL_SURFACES.keys() == {"paper", "ground"}
    pairs = [*product(texts - {"on-accent"}, surfaces - SPECIAL_SURFACES.keys())]
    pairs += [(text, surface) for surface, allowed in SPECIAL_SURFACES.items() for text in allowed]
    too_faint = {
        (text, surface): round(contrast(colours[text], colours[surface]), 2)
        for text, surface in pairs
        if contrast(colours[text], colours[surface]) < 4.5
    }
    assert not too_faint


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_edges_of_controls_and_the_focus_can_be_seen(scheme: str) -> None:
    colours = schemes()[scheme]

    for edge, surface in product(("quiet", "accent"), ("paper", "ground")):
        assert contrast(colours[edge], colours[surface]) >= 3


def test_colours_are_named_once() -> None:
    sheets = "".join(map(text_of, STYLE_SHEETS))
    outside = re.sub(r":root \{.*?\}", "", sheets, flags=re.DOTALL)

    assert not re.findall(r"#[0-9a-fA-F]{3,8}\b(?=[;\s,)])", outside)


@pytest.mark.parametrize("name", PAGES)
def test_nothing_is_inline(name: str) -> None:
    for element in facts(PAGES[name]).elements:
        assert element.tag != "style"
        assert "style" not in element.attributes
        assert element.tag != "script" or (element.attributes["src"] and not element.text)
        assert not [attribute for attribute in element.attributes if attribute.startswith("on")]


@pytest.mark.parametrize("name", PAGES)
def test_nothing_comes_from_elsewhere(name: str) -> None:
    for address in facts(PAGES[name]).addresses():
        assert address == LINK or re.match(r"(/(?!/)|#|data:,$)", address), address


@pytest.mark.parametrize("name", [*STYLE_SHEETS, *SCRIPTS])
def test_files_load_nothing_either(name: str) -> None:
    assert not re.search(r"@import|url\(|https?://|\bimport\b|\beval\b", text_of(name))


@pytest.mark.parametrize("name", PAGES)
def test_the_basics_of_wcag(name: str) -> None:
    page = facts(PAGES[name])
    ids = [e.attributes["id"] for e in page.elements if "id" in e.attributes]
    named = " ".join(
        e.attributes.get(reference, "")
        for e in page.elements
        for reference in ("aria-labelledby", "aria-describedby", "for", "data-copy")
    ).split()

    assert page.all("html")[0].attributes["lang"] == "en"
    assert len(page.all("h1")) == len(page.all("main")) == len(page.all("title")) == 1
    assert len(ids) == len(set(ids))
    assert set(named) <= set(ids)
    levels = [int(e.tag[1]) for e in page.elements if re.fullmatch("h[1-6]", e.tag)]
    assert all(below - above <= 1 for above, below in pairwise(levels))
    for element in page.all("a") + page.all("button") + page.all("summary"):
        assert element.text.strip() or element.attributes.get("aria-label")
    for frame in page.all("iframe"):
        assert frame.attributes["title"]
    for table in page.all("table"):
        assert "Details" in table.text or table.text.strip()
    assert "maximum-scale" not in PAGES[name]
    assert "user-scalable" not in PAGES[name]


def test_words_stay_calm() -> None:
    for name in ("usual", "chosen", "error", "answered", "too late", "cancelled", "unknown"):
        text = facts(PAGES[name]).text
        assert "!" not in text
        assert not re.search(r"\b(pause|token|webhook|user|oops)\b", text, re.IGNORECASE)


def test_headers_let_nobody_frame_a_page_or_keep_a_question() -> None:
    for page in (headers.RESPONSE_PAGE, headers.DEVELOPER_PAGE, headers.DEV_INBOX):
        policy = page["Content-Security-Policy"]
        assert policy.startswith("default-src 'none';")
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert page["X-Content-Type-Options"] == "nosniff"
    assert headers.RESPONSE_PAGE["Cache-Control"] == "no-store"
    assert headers.RESPONSE_PAGE["Referrer-Policy"] == "strict-origin"
    assert "script-src" not in headers.MAIL_PREVIEW["Content-Security-Policy"]
    assert "allow-scripts" not in headers.MAIL_PREVIEW["Content-Security-Policy"]
