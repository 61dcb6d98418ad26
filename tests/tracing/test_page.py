"""The page about traces names what there is."""

from __future__ import annotations

import re
from typing import Final

import opentelemetry.environment_variables as of_the_api
import opentelemetry.sdk.environment_variables as of_the_sdk

from pausepoint.tracing import spans
from pausepoint.tracing.provider import CAUSES_KEPT
from tests.docs.pages import ROOT

PAGE: Final = (ROOT / "docs" / "how-to" / "tracing.md").read_text("utf-8")


def test_the_sdk_reads_every_variable_that_the_page_lists() -> None:
    named = set(re.findall(r"OTEL_[A-Z_]+[A-Z]", PAGE))
    known = {name for module in (of_the_api, of_the_sdk) for name in vars(module)}

    assert len(named) > 8
    assert named - known == set()


def test_the_page_lists_every_attribute_of_our_own_and_no_other() -> None:
    ours = {value for name, value in vars(spans).items() if name.isupper() and name != "ERROR_TYPE"}

    assert set(re.findall(r"pausepoint\.[a-z_]+", PAGE)) == ours
    assert f"{CAUSES_KEPT:,}" in PAGE
