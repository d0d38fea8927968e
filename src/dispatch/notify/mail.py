"""E-mail, through the site's own mail server (RFC 5321)."""

import asyncio
import smtplib
import ssl
from email.message import EmailMessage
from email.utils import format_datetime

from dispatch.notify.outgoing import NotSent, Outgoing

_TIMEOUT_S = 20.0
_PORTS = {"tls": 465, "starttls": 587, "none": 25}


async def send(outgoing: Outgoing) -> None:
    """One mail to the reader's address."""
    if not outgoing.address:
        raise NotSent("the reader has no e-mail address", is_final=True)
    await asyncio.to_thread(_send, outgoing)


def _send(outgoing: Outgoing) -> None:
    config = outgoing.config
    security = str(config.get("security") or "starttls")
    if security not in _PORTS:
        raise NotSent(f"security must be one of {', '.join(_PORTS)}", is_final=True)
    port = int(config.get("port") or _PORTS[security])
    try:
        with _connect(str(config["host"]), port, security) as server:
            if config.get("user"):
                server.login(str(config["user"]), str(config.get("password", "")))
            server.send_message(_mail(outgoing))
    except (smtplib.SMTPRecipientsRefused, smtplib.SMTPSenderRefused) as error:
        raise NotSent(f"refused: {type(error).__name__}", is_final=True) from error
    except (OSError, smtplib.SMTPException) as error:
        raise NotSent(f"{type(error).__name__}: {error}") from error


def _connect(host: str, port: int, security: str) -> smtplib.SMTP:
    if security == "tls":
        context = ssl.create_default_context()
        return smtplib.SMTP_SSL(host, port, timeout=_TIMEOUT_S, context=context)
    server = smtplib.SMTP(host, port, timeout=_TIMEOUT_S)
    if security == "starttls":
        server.starttls(context=ssl.create_default_context())
    return server


def _mail(outgoing: Outgoing) -> EmailMessage:
    mail = EmailMessage()
    mail["From"] = str(outgoing.config["sender"])
    mail["To"] = outgoing.address
    mail["Subject"] = outgoing.subject
    mail["Date"] = format_datetime(outgoing.created_at)
    # The same for every try: mail programs show one that came twice once.
    mail["Message-ID"] = f"<{outgoing.id}@dispatch.invalid>"
    mail.set_content(outgoing.body)
    return mail
