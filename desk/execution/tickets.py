"""Tickets: permission to send one request for one intent once.

A ticket is a row in the journal's database, never an event. Its MAC covers every field that matters, so
a row that was made, copied or edited without the key is ``TICKET_FORGED``; its parameters are loaded
from the row, so there is nothing a caller could change. Burning it makes a ``Permit``, which the venue's
client clears once more, right before the bytes.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from operator import attrgetter

from msgspec.structs import replace

from desk.domain.canonical import canonical, document, moment, timestamp, written
from desk.domain.market import OrderRequest
from desk.domain.money import parsed, plain
from desk.domain.proposal import Act
from desk.domain.shape import shaped, unshaped
from desk.errors import DeskError, TicketRefused
from desk.ports import Instant, Permit, Signer, TicketRow, Transaction

TTL_S = 60
#: Purposes of the home's key.
TICKET, PERMIT = "ticket", "permit"
PARAMS_DIFFER, USED, EXPIRED, FORGED = "PARAMS_DIFFER", "TICKET_USED", "TICKET_EXPIRED", "TICKET_FORGED"
#: All fields but those that change over a ticket's life, and the MAC itself.
_SEALED = tuple(name for name in TicketRow.__struct_fields__ if name not in ("mac", "used_at", "revoked"))
_values_sealed = attrgetter(*_SEALED)


def refuse(code: str) -> TicketRefused:
    """The error for a ticket that may not be used, with its reason."""
    why = {
        PARAMS_DIFFER: "its parameters are not those it was issued for",
        USED: "it has been used or withdrawn",
        EXPIRED: f"it is older than {TTL_S} s",
        FORGED: "this desk did not issue it",
    }[code]
    return TicketRefused("the ticket is refused", why=why, fix="Nothing was sent", code=code)


class Tickets:
    """Issues, checks and burns tickets with the home's key. One per process."""

    def __init__(self, signer: Signer) -> None:
        self._signer = signer
        self._process = secrets.token_hex(32)
        self._outstanding: set[str] = set()

    def issue(self, tx: Transaction, row: TicketRow) -> None:
        """Seal the row and store it."""
        tx.insert_ticket(replace(row, mac=self._signer.mac(TICKET, _sealed(row))))

    def check(self, tx: Transaction, ticket_id: str, act: Act, now: Instant) -> TicketRow:
        """The row, if it may be used now for this act.

        Raises:
            TicketRefused: forged, differing, used or expired; in this order.
        """
        row = tx.ticket(ticket_id)
        if row is None or not self._signer.verifies(TICKET, _sealed(row), row.mac):
            raise refuse(FORGED)
        if row.intent_hash != act.hash or _digest(row.params) != row.params_hash:
            raise refuse(PARAMS_DIFFER)
        if row.used_at is not None or row.revoked:
            raise refuse(USED)
        if expiry(row).reached(now):
            raise refuse(EXPIRED)
        return row

    def burn(self, tx: Transaction, row: TicketRow, now: Instant) -> Permit:
        """Mark used inside the transaction that records the submission.

        Raises:
            TicketRefused: somebody else was first.
        """
        if not tx.burn_ticket(row.ticket_id, timestamp(now.wall)):
            raise refuse(USED)
        request = request_of(row)
        mac = self._signer.mac(PERMIT, self._text(row.ticket_id, request))
        permit = Permit(ticket_id=row.ticket_id, request=request, mac=mac)
        if tx.durable:
            self._outstanding.add(permit.mac)
        return permit

    def clear(self, permit: Permit) -> None:
        """The second lock: let a permit through once, in the process that burned its ticket.

        Raises:
            TicketRefused: it was not made here, was changed, or has been through before.
        """
        if not self._signer.verifies(PERMIT, self._text(permit.ticket_id, permit.request), permit.mac):
            raise refuse(FORGED)
        if permit.mac not in self._outstanding:
            raise refuse(USED)
        self._outstanding.discard(permit.mac)

    def _text(self, ticket_id: str, request: OrderRequest) -> str:
        """What a permit's MAC covers: bound to this process, so no other can have made it."""
        return written(
            document({"process": self._process, "ticket_id": ticket_id, "request": shaped(request)})
        )


def _sealed(row: TicketRow) -> str:
    """What a ticket's MAC covers: everything but what changes over its life."""
    return written(document(dict(zip(_SEALED, _values_sealed(row), strict=True))))


def params_of(request: OrderRequest) -> tuple[str, str]:
    """The request as stored, and its hash."""
    text = canonical(shaped(request)).decode()
    return text, _digest(text)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def request_of(row: TicketRow) -> OrderRequest:
    """The stored request.

    Raises:
        TicketRefused: the stored text is not one.
    """
    try:
        return unshaped(OrderRequest, json.loads(row.params))
    except (DeskError, ValueError, KeyError, TypeError):
        raise refuse(PARAMS_DIFFER) from None


def expiry(row: TicketRow) -> Instant:
    """When the row stops being good."""
    return Instant(
        wall=moment(row.expires_at),
        boot_id=row.expires_boot,
        monotonic_s=parsed(row.expires_monotonic),
    )


def expires(now: Instant) -> tuple[str, str, str]:
    """The three parts of a new ticket's expiry, as stored."""
    end = now.later(TTL_S)
    return timestamp(end.wall), end.boot_id, plain(end.monotonic_s)
