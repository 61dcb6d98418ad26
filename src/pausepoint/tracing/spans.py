"""What all spans share: attributes of our own, how one fails, and the trace's id in the log."""

from __future__ import annotations

from typing import Final

from opentelemetry.semconv.attributes.error_attributes import ERROR_TYPE
from opentelemetry.trace import Span, StatusCode, format_trace_id

from pausepoint.observability import logs

REQUEST_ID: Final = "pausepoint.request_id"
PAUSE_ID: Final = "pausepoint.pause_id"
DELIVERY_ID: Final = "pausepoint.delivery_id"
TARGET: Final = "pausepoint.target"
ATTEMPT: Final = "pausepoint.attempt"
OUTCOME: Final = "pausepoint.outcome"
CHANGES: Final = "pausepoint.changes"


def log_trace_id(span: Span) -> None:
    """Add the trace id to every later log line of the current task."""
    context = span.get_span_context()
    if context.is_valid:
        logs.trace_id.set(format_trace_id(context.trace_id))


def mark_failed(span: Span, error_type: str) -> None:
    """Mark the span as failed with a code or class name; messages may hold an agent's or person's text."""
    span.set_attribute(ERROR_TYPE, error_type)
    span.set_status(StatusCode.ERROR)
