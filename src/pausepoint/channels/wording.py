"""The channels in sentences: what texts that name all of them say."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from pausepoint.channels.base import AnyChannel


def in_words(words: Sequence[str]) -> str:
    """`a, b or c`."""
    *first, last = words
    return f"{', '.join(first)} or {last}" if first else last


def placeholders(channels: Iterable[AnyChannel | type[AnyChannel]]) -> Mapping[str, str]:
    """What stands for these words in texts that are written once, such as the API's descriptions."""
    known = list(channels)
    names = [channel.name for channel in known]
    return {
        "{channels}": in_words(names),
        "{channel_list}": ", ".join(names),
        "{channel_nouns}": in_words([channel.noun() for channel in known]),
        "{recipients}": in_words([channel.address for channel in known]),
    }


def filled_in(text: str, words: Mapping[str, str]) -> str:
    for placeholder, word in words.items():
        text = text.replace(placeholder, word)
    return text
