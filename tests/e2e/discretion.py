"""What no log may hold, looked for in the log of every server that a test has run."""

from __future__ import annotations

import re
from typing import Final

_SECRET: Final = {
    "an API key": r"pp_(?:live|test)_[0-9a-f]{17,}",
    "a person's link": r"(?:/respond/|/confirm/)[\w-]{20,}",
    "a signed id": r"(?<![\w-])[\w-]{54}(?![\w-])",
    "the secret key": r"only-for-tests-",
    "a signing secret": r"whsec_\w+",
    "a password": r"correct horse|a long password",
    "a phone number": r"\+1(?:\d{3})?55501\d\d|\+15005550\d{3}",
    "a mail address": r"[\w.+-]+@[\w-]+\.(?:com|test|example)",
    "the agent's words": r"Delete 500 records|Meridian|Wire \$?8",
}
_ANY: Final = re.compile("|".join(f"(?P<s{n}>{form})" for n, form in enumerate(_SECRET.values())))


def told(log: str) -> list[str]:
    """A sentence for each kind of secret that it holds, with the line where it is first."""
    found: dict[str, str] = {}
    for line in log.splitlines():
        for match in _ANY.finditer(line):
            assert match.lastgroup is not None
            kind = list(_SECRET)[int(match.lastgroup[1:])]
            found.setdefault(kind, f"{kind} is in the log: {line[:1000]}")
    return list(found.values())
