"""The channels in sentences: what texts that name all of them say."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from pausepoint.channels.base import AnyChannel


def in_words(words: Sequence[str]) -> str:
    """`a, b or c`."""
    *first, last = words
    return f"{', '.join(first)} or {last}" if first else last


def placeholders(channels: Iterable[AnyChannel | type[AnyChannel]]) -> Mapping[str, str]:
    """Return the placeholders of texts that are written once, such as the API's descriptions."""
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


def client_module(channels: Iterable[type[AnyChannel]]) -> str:
    """The source of a module for the Python client and the MCP server, which do not import the server.

    `scripts/write_reference.py` writes it.
    """
    known = list(channels)
    forms = "".join(f'    "{each.name}": r"{each.recipient_form}",\n' for each in known)
    words = placeholders(known)
    return (
        '"""The server\'s channels. Made by scripts/write_reference.py from pausepoint.channels.registry."""\n\n'
        "from __future__ import annotations\n\n"
        f"CHANNELS = {{\n{forms}}}\n"
        '"""What the recipients of each look like, as regular expressions for the whole text."""\n\n'
        f'NOUNS = "{words["{channel_nouns}"]}"\n'
        f'RECIPIENTS = "{words["{recipients}"]}"\n'
    )
