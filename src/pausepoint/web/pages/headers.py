"""The security headers that go with each kind of page; the pages are written to need no more."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

_OWN_FILES: Final = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:"


def _headers(policy: str, **others: str) -> Mapping[str, str]:
    return MappingProxyType(
        {
            "Content-Security-Policy": policy,
            "X-Content-Type-Options": "nosniff",
            "Cross-Origin-Opener-Policy": "same-origin",
            "Cross-Origin-Resource-Policy": "same-origin",
            "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
        }
        | {name.replace("_", "-"): value for name, value in others.items()}
    )


RESPONSE_PAGE: Final = _headers(
    f"{_OWN_FILES}; connect-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'",
    Cache_Control="no-store",
    # The page's own files must not name the link as their referer: a proxy's log would hold it.
    # With no-referrer Chromium sends `Origin: null` on the form's POST, which would be refused.
    Referrer_Policy="strict-origin",
    X_Robots_Tag="noindex, nofollow",
)

DEVELOPER_PAGE: Final = _headers(
    f"{_OWN_FILES}; form-action 'none'; base-uri 'none'; frame-ancestors 'none'",
    Cache_Control="no-cache",
    Referrer_Policy="no-referrer",
)

DEV_INBOX: Final = _headers(
    f"{_OWN_FILES}; connect-src 'self'; frame-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'",
    Cache_Control="no-store",
    Referrer_Policy="no-referrer",
    X_Robots_Tag="noindex, nofollow",
)

MAIL_PREVIEW: Final = _headers(
    # A mail is styled by inline styles. The sandbox keeps it from running or posting anything;
    # its links open in a tab of their own, as in a mail program.
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action 'none'; "
    "base-uri 'none'; frame-ancestors 'self'; "
    "sandbox allow-popups allow-popups-to-escape-sandbox",
    Cache_Control="no-store",
    Referrer_Policy="no-referrer",
    X_Robots_Tag="noindex, nofollow",
)

STATIC_FILE: Final = MappingProxyType(
    {
        # The address carries the content's hash, so that it never means anything else.
        "Cache-Control": "public, max-age=31536000, immutable",
        "X-Content-Type-Options": "nosniff",
        "Cross-Origin-Resource-Policy": "same-origin",
    }
)
