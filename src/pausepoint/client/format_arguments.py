"""Format values for a person: complete, on one line each, so that no text imitates another value.

Only types whose whole state is known are shown. Anything else is refused: a person must not
approve what they did not see.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, KeysView, Mapping
from dataclasses import fields, is_dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from pathlib import PurePath
from typing import Any
from uuid import UUID

from msgspec import Struct

from pausepoint.client.errors import NotShowable


def format_arguments(arguments: Mapping[str, Any]) -> str:
    """Format the arguments, one a line. Raises NotShowable, naming the argument and its type."""
    return "\n".join(f"{name}: {_line(name, value)}" for name, value in arguments.items())


def _line(name: str, value: Any) -> str:
    try:
        text = _format(value)
        text.encode()
    except _Unknown as unknown:
        raise NotShowable(
            f"The argument {name!r} holds a {unknown}, which cannot be shown as a whole. Give plain"
            " values or a dataclass, or name it in `hide` if the person need not see it."
        ) from None
    except UnicodeEncodeError:
        raise NotShowable(f"The argument {name!r} holds text that is not Unicode.") from None
    except ValueError:
        raise NotShowable(f"The argument {name!r} holds a number that is too long.") from None
    except RecursionError:
        raise NotShowable(f"The argument {name!r} is nested too deeply, or holds itself.") from None
    return text


class _Unknown(Exception):
    pass


def _format(value: Any) -> str:
    kind = type(value)
    if kind is str:
        return json.dumps(value, ensure_ascii=False)
    if value is None or kind in (bool, int, float, complex, bytes, Decimal):
        return repr(value) if kind is bytes else str(value)
    if kind in (date, datetime, time, timedelta, UUID):
        return str(value)
    if isinstance(value, Enum):
        return f"{kind.__name__}.{value.name}"
    if isinstance(value, PurePath):
        return _format(str(value))
    return _shown_together(value, kind)


def _shown_together(value: Any, kind: type) -> str:
    if kind is dict:
        return f"{{{', '.join(f'{_format(key)}: {_format(item)}' for key, item in value.items())}}}"
    if kind in (list, tuple):
        return _between("[]" if kind is list else "()", value)
    if kind in (set, frozenset):
        return "{" + ", ".join(sorted(map(_format, value))) + "}"
    if (names := _fields(value, kind)) and names >= getattr(value, "__dict__", {}).keys():
        return _format_object(kind, {name: getattr(value, name) for name in names})
    raise _Unknown(kind.__name__)


def _fields(value: Any, kind: type) -> KeysView[str]:
    """Return the field names of a dataclass, msgspec.Struct or named tuple; else none."""
    if is_dataclass(kind):
        return {field.name: None for field in fields(value)}.keys()
    if isinstance(value, Struct):
        return dict.fromkeys(value.__struct_fields__).keys()
    if isinstance(value, tuple):
        return dict.fromkeys(getattr(kind, "_fields", ())).keys()
    return {}.keys()


def _between(brackets: str, items: Iterable[Any]) -> str:
    return brackets[0] + ", ".join(map(_format, items)) + brackets[1]


def _format_object(kind: type, state: Mapping[str, Any]) -> str:
    return (
        f"{kind.__name__}({', '.join(f'{name}={_format(item)}' for name, item in state.items())})"
    )
