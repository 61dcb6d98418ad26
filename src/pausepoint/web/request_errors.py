"""Errors of an HTTP request itself, found before an operation is called."""

from __future__ import annotations

from pausepoint.domain.errors import PausePointError


class InvalidRequest(PausePointError):
    """The HTTP message itself is malformed."""

    code, status = "INVALID_REQUEST", 400
    sentence = "This is not a valid HTTP request."


class HeadersTooLarge(PausePointError):
    code, status = "HEADERS_TOO_LARGE", 431
    sentence = "The headers are too large: at most 64 KiB are taken."


class InvalidJson(PausePointError):
    code, status = "INVALID_JSON", 400
    sentence = "The body is not valid JSON."


class RequestTimeout(PausePointError):
    code, status = "REQUEST_TIMEOUT", 408
    sentence = "The body did not arrive in time. Send it again."


class PayloadTooLarge(PausePointError):
    code, status = "PAYLOAD_TOO_LARGE", 413
    sentence = "The body is too large."


class UnsupportedMediaType(PausePointError):
    code, status = "UNSUPPORTED_MEDIA_TYPE", 415
    sentence = "Send JSON with Content-Type: application/json."


class HostNotAllowed(PausePointError):
    code, status = "HOST_NOT_ALLOWED", 421
    sentence = "This server does not answer for that host name."


class CrossSite(PausePointError):
    code, status = "CROSS_SITE", 403
    sentence = "This answer was sent from another site and was not taken."


class NotFound(PausePointError):
    code, status = "NOT_FOUND", 404
    sentence = "There is nothing here."


class MethodNotAllowed(PausePointError):
    code, status = "METHOD_NOT_ALLOWED", 405
    sentence = "This path does not take that method."
