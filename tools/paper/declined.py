"""The twin's own refusals, with the HTTP status and the contract's code."""

from __future__ import annotations

from desk.errors import Refused

_STATUS = {
    "invalid_request": 400,
    "invalid_amount": 400,
    "invalid_symbol": 400,
    "invalid_side": 400,
    "invalid_leverage": 400,
    "idempotency_key_required": 400,
    "unauthorized": 401,
    "insufficient_balance": 402,
    "forbidden": 403,
    "not_found": 404,
    "method_not_allowed": 405,
    "market_closed": 409,
    "not_cancellable": 409,
    "version_conflict": 409,
    "duplicate_client_order_id": 409,
    "idempotency_key_reused": 422,
}


class Declined(Refused):
    """A request the twin does not carry out. ``order`` is the JSON of the order it is about, if any."""

    def __init__(self, code: str, message: str, *, order: str | None = None) -> None:
        self.status = _STATUS[code]
        self.order = order
        super().__init__(message, code=code)
