"""E-mail addresses in their one spelling."""

from __future__ import annotations

from pausepoint.domain.errors import InvalidRecipient
from pausepoint.domain.recipients import ROUTED_ADDRESS, is_routed


def normalise_mailbox(spelled: str) -> str:
    """Return the normalised address, its domain in ASCII. Raises InvalidRecipient. Asks no DNS."""
    from email_validator import EmailNotValidError, validate_email  # noqa: PLC0415 - see pausepoint.channels

    try:
        checked = validate_email(
            spelled,
            check_deliverability=False,
            strict=True,
            allow_smtputf8=False,
            test_environment=True,  # .test is for trying out (RFC 6761)
        )
    except EmailNotValidError:
        raise InvalidRecipient("This is not an e-mail address.") from None
    if is_routed(spelled):
        raise InvalidRecipient(ROUTED_ADDRESS)
    return checked.ascii_email or checked.normalized
