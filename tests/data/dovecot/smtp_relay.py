"""An SMTP server for one test: takes mail with AUTH, STARTTLS and SMTPUTF8, writes each one down, hands it to LMTP.

usage: smtp_relay.py PORT LMTP_PORT CERT KEY LOG

The first letters of the recipient's address order a fault:
  perm550…    550 at RCPT            temp451…    451 at RCPT, every time
  once451…    451 at RCPT, the first time only
  fail554…    554 after DATA, not delivered
  dropafter…  delivered, but the connection is cut instead of the 250

LOG gets one JSON line per message that came to its final dot: from, to, options, user, tls, outcome, data, and when the
go-ahead was written and the final dot read (data_ns, dot_ns: CLOCK_MONOTONIC).
"""

import asyncio
import json
import smtplib
import ssl
import sys
import time

from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword

HOST = "127.0.0.1"
MAX_BYTES = 30_000_000


class Session(SMTP):
    """Notes when the client was told to go ahead with a message."""

    async def push(self, status):
        if status.startswith("354"):
            self.envelope.data_ns = time.monotonic_ns()
        await super().push(status)


class Relay:
    """Answers the commands; aiosmtpd calls these methods by name."""

    def __init__(self, lmtp_port, log):
        self.lmtp_port = lmtp_port
        self.log = log
        self.refused_once = set()

    async def handle_RCPT(self, server, session, envelope, address, options):
        if address.startswith("perm550"):
            return "550 5.1.1 no such user"
        if address.startswith("temp451"):
            return "451 4.7.1 greylisted, try later"
        if address.startswith("once451") and address not in self.refused_once:
            self.refused_once.add(address)
            return "451 4.7.1 greylisted, try later"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 recipient ok"

    async def handle_DATA(self, server, session, envelope):
        envelope.dot_ns = time.monotonic_ns()
        if any(address.startswith("fail554") for address in envelope.rcpt_tos):
            self.write_down("rejected", session, envelope)
            return "554 5.6.0 rejected after DATA"
        try:
            await asyncio.get_running_loop().run_in_executor(None, self.hand_over, envelope)
        except (OSError, smtplib.SMTPException):
            self.write_down("deferred", session, envelope)
            return "451 4.3.0 mailbox server does not answer"
        if any(address.startswith("dropafter") for address in envelope.rcpt_tos):
            self.write_down("dropped", session, envelope)
            server.transport.abort()
            return "421 4.3.2 never seen"
        self.write_down("accepted", session, envelope)
        return "250 2.0.0 queued"

    def hand_over(self, envelope):
        # smtplib.LMTP reads one reply per DATA, so each recipient gets its own connection.
        for address in envelope.rcpt_tos:
            if not address.isascii():
                continue  # Dovecot's LMTP has no SMTPUTF8.
            with smtplib.LMTP(HOST, self.lmtp_port) as lmtp:
                lmtp.sendmail(envelope.mail_from or "", [address], envelope.original_content, ["BODY=8BITMIME"])

    def write_down(self, outcome, session, envelope):
        user = getattr(session, "auth_data", None)
        record = {
            "from": envelope.mail_from or "",
            "to": envelope.rcpt_tos,
            "options": [str(option) for option in envelope.mail_options],
            "user": user.decode("utf-8", "replace") if user else None,
            "tls": session.ssl is not None,
            "outcome": outcome,
            "data_ns": envelope.data_ns,
            "dot_ns": envelope.dot_ns,
            "data": envelope.original_content.decode("utf-8", "replace"),
        }
        with open(self.log, "a", encoding="utf-8") as log:
            log.write(json.dumps(record) + "\n")


def authenticate(server, session, envelope, mechanism, data):
    if isinstance(data, LoginPassword) and data.password == b"secret":
        return AuthResult(success=True, auth_data=data.login)
    return AuthResult(success=False, handled=False)


async def serve(port, lmtp_port, cert, key, log):
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(cert, key)
    relay = Relay(lmtp_port, log)

    def session():
        return Session(
            relay,
            hostname="localhost",
            tls_context=tls,
            authenticator=authenticate,
            auth_require_tls=False,
            enable_SMTPUTF8=True,
            data_size_limit=MAX_BYTES,
            loop=asyncio.get_running_loop(),
        )

    server = await asyncio.get_running_loop().create_server(session, HOST, port)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), int(sys.argv[2]), *sys.argv[3:6]))
