"""Keep the code in the field's own terms: no riddle words in prose, no function named by a participle.

A docstring that says "whoever is told" sends its reader searching; "the caller gets" does not. A function
named `told()` hides what it does; `notify()` says it. Prints each place, and exits with 1 if there is one.
"""

from __future__ import annotations

import ast
import io
import re
import sys
import tokenize
from collections.abc import Iterator
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parent.parent

RIDDLES: Final = re.compile(
    r"\b(told|tells?|telling|whoever|whom(ever)?|nobody|somebody|anybody|whatever|wherever|amiss"
    r"|shall|thereof|hence|anew|fare[sd]?|so many|so long|once more|as it stands|is let"
    r"|look(ed|s) at|is said|until then)\b",
    re.IGNORECASE,
)

PARTICIPLES: Final = re.compile(
    r"_?(told|said|shown|asked|looked|refused|wanted|named|given|taken|found|kept|left|sent|opened"
    r"|closed|marked|joined|fitted|quoted|filled|numbered|changed|checked|known|seen|heard|gone|done"
    r"|made|put|met|tried|withdrawn|settled|masked|folded|held)"
)


def problems(source: str) -> Iterator[tuple[int, str]]:
    """The line of each problem, and what it is."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            if PARTICIPLES.fullmatch(node.name):
                yield node.lineno, f"function {node.name}: name it by a verb"
        elif not isinstance(node, ast.Module | ast.ClassDef):
            continue
        if text := ast.get_docstring(node):
            yield from _riddles(node.body[0].lineno, text)
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            yield from _riddles(token.start[0], token.string)


def _riddles(line: int, text: str) -> Iterator[tuple[int, str]]:
    for found in RIDDLES.finditer(text):
        yield line, f"“{found[0]}”: say who does what"


def main() -> int:
    failed = False
    for path in sorted([*ROOT.glob("src/**/*.py"), *ROOT.glob("mcp_server/*.py")]):
        for line, problem in problems(path.read_text("utf-8")):
            failed = True
            print(f"{path.relative_to(ROOT)}:{line}: {problem}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
