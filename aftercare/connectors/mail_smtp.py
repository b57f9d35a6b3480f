"""Sends mail through the seller's SMTP relay; DKIM and the like are the relay's."""

from __future__ import annotations

import hashlib
from email.message import EmailMessage
from email.utils import formatdate, parseaddr

import aiosmtplib

from aftercare.base.settings import Settings
from aftercare.connectors.ports import ConnectorError, Mail, Mailer, NotReached, RefusedForGood
from aftercare.connectors.registry import named_or_fail

_SECONDS = 8.0  # less than the outbox waits for an attempt


def message_mark(key: str) -> str:
    """The part of the Message-ID before the @ of the mail with this key."""
    return hashlib.sha256(key.encode()).hexdigest()[:32]


class SmtpMailer:
    """An SMTP relay; a mail's Message-ID comes from its key, so that a copy sent twice can be told."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._from = settings.mail_from
        self._domain = parseaddr(settings.mail_from)[1].rpartition("@")[2]

    async def send(self, mail: Mail) -> None:
        """As `Mailer.send`."""
        message = self.message(mail)
        s = self._settings
        try:
            await aiosmtplib.send(
                message,
                hostname=s.smtp_host,
                port=s.smtp_port,
                username=s.smtp_user or None,
                password=s.smtp_password or None,
                use_tls=s.smtp_tls == "tls",
                start_tls=s.smtp_tls == "starttls",
                timeout=_SECONDS,
            )
        except aiosmtplib.SMTPRecipientsRefused as error:
            codes = [refused.code for refused in error.recipients]
            self._raise(codes[0] if codes else 550, "the address")
        except aiosmtplib.SMTPAuthenticationError as error:
            raise NotReached(f"the relay refuses SMTP_USER: {error.code}") from None
        except aiosmtplib.SMTPResponseException as error:
            self._raise(error.code, "the mail")
        except (aiosmtplib.SMTPException, OSError) as error:
            raise NotReached(f"the relay cannot be used: {type(error).__name__}") from None

    def message(self, mail: Mail) -> EmailMessage:
        """The mail as it goes out."""
        message = EmailMessage()
        message["From"], message["To"], message["Subject"] = self._from, mail.to, mail.subject
        message["Date"] = formatdate(localtime=False)
        message["Message-ID"] = f"<{message_mark(mail.key)}@{self._domain}>"
        message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no out-of-office answers
        message.set_content(mail.text)
        for name, media_type, content in mail.attachments:
            main, _, sub = media_type.partition("/")
            message.add_attachment(content, maintype=main, subtype=sub, filename=name)
        return message

    @staticmethod
    def _raise(code: int, what: str) -> None:
        if 500 <= code < 600:
            raise RefusedForGood(f"the relay refuses {what}: {code}")
        raise NotReached(f"the relay cannot take {what} now: {code}")


def configured_mailer(settings: Settings) -> Mailer | None:
    """The mailer of the settings; None when no mail is sent.

    Raises:
        ConnectorError: MAILER names none, or there is no address to write from.
    """
    if not (settings.smtp_host or settings.mailer):
        return None
    if "@" not in parseaddr(settings.mail_from)[1]:
        raise ConnectorError("MAIL_FROM is empty or no address; write for instance Kiwi eSIM <help@shop.example.com>")
    if settings.mailer:
        made: Mailer = named_or_fail("MAILER", settings.mailer, settings)
        return made
    return SmtpMailer(settings)
