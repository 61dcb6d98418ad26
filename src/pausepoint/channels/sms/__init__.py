"""SMS, sent through Twilio."""

from pausepoint.channels.sms.channel import SmsChannel
from pausepoint.channels.sms.twilio import TwilioSettings, TwilioTransport, status_report

__all__ = ["SmsChannel", "TwilioSettings", "TwilioTransport", "status_report"]
