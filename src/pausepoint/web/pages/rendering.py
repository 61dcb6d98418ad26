"""The one Jinja environment of the pages: escaping always on, a missing name is an error."""

from __future__ import annotations

import re
from functools import cache
from typing import Final

from jinja2 import Environment, PackageLoader, StrictUndefined, Template
from markupsafe import Markup, escape

from pausepoint.domain.time import Instant, to_rfc3339
from pausepoint.domain.words import at_moment, moment, relative
from pausepoint.security.display_safe import segments, stands_in_sentence, without_quotation_marks
from pausepoint.web.pages.assets import asset_url

_WORD: Final = re.compile("[A-Za-z][A-Za-z-]{0,29}")
_MARKS: Final = {"hidden": "hidden-mark", "gap": "gap-mark"}


def foreign(text: str) -> Markup:
    """Escape text of an agent or a person; hidden characters are made visible."""
    # Plain strings: of an action a hundred thousand pieces may have to be marked.
    return Markup(  # noqa: S704 - each piece is escaped
        "".join(
            f'<span class="{_MARKS[piece.kind]}">{escape(piece.text)}</span>'
            if piece.kind in _MARKS
            else str(escape(piece.text))
            for piece in segments(text)
        )
    )


def quote(text: str) -> Markup:
    """Foreign words in a sentence of ours: nothing in them can close the quotation."""
    return Markup("“<strong><bdi>{}</bdi></strong>”").format(foreign(without_quotation_marks(text)))


def chosen(option: str) -> Markup:
    """An option in a sentence of ours: a single word stands as it is, anything else is quoted."""
    if _WORD.fullmatch(option):
        return Markup("<strong><bdi>{}</bdi></strong>").format(option)
    return quote(option)


def account(name: str) -> Markup:
    """An account's name in a sentence: quoted where it might be read as a part of it."""
    if not stands_in_sentence(name):
        return quote(name)
    return Markup("<bdi>{}</bdi>").format(foreign(name))


def clock(now: Instant) -> Markup:
    """The service's time as an attribute of the body, by which scripts correct their own clock."""
    return Markup(' data-now="{}"').format(to_rfc3339(now))


def _time_tag(instant: Instant, form: str, text: str) -> Markup:
    return Markup('<time datetime="{}" data-form="{}">{}</time>').format(
        to_rfc3339(instant), form, text
    )


def by_time(instant: Instant, now: Instant) -> Markup:
    """A deadline after "by", in UTC until the page's script knows the reader's zone."""
    return _time_tag(instant, "by", moment(instant, now))


def at_time(instant: Instant, now: Instant) -> Markup:
    """When something happened, "at 17:03 UTC today", for the script likewise."""
    return _time_tag(instant, "at", at_moment(instant, now))


def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("pausepoint.web.pages"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    environment.filters.update(foreign=foreign, quoted=quote, chosen=chosen, account=account)
    environment.globals.update(
        asset_url=asset_url, clock=clock, by_time=by_time, at_time=at_time, relative=relative
    )
    return environment


_ENVIRONMENT: Final = _environment()


@cache
def _template(text: str) -> Template:
    return _ENVIRONMENT.from_string(text)


def render_text(template: str, **context: object) -> str:
    """As `render`, of a template's text: a channel brings its own."""
    return _template(template).render(context)


def render(template: str, **context: object) -> str:
    return _ENVIRONMENT.get_template(template).render(context)
