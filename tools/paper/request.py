"""What may be asked: bodies checked against the contract before anything is touched."""

from __future__ import annotations

import re
from decimal import Decimal
from enum import StrEnum
from typing import TypeVar

from msgspec import Struct

from desk.domain import json_text
from desk.domain.ids import SYMBOL
from desk.domain.market import OrderType, Side, TimeInForce
from desk.domain.money import AMOUNT, plain
from desk.errors import BadJson
from tools.paper.declined import Declined

_KEY = re.compile(r"[A-Za-z0-9_.:-]{1,64}")
_AMOUNT_DIGITS = 6
_PRICE_DIGITS = 8
_FIELDS = frozenset(
    {
        *("symbol", "side", "amount", "amount_unit", "mode", "type", "time_in_force", "reduce_only"),
        *("limit_price", "stop_price", "stop_loss", "take_profit", "leverage", "client_order_id"),
    }
)
#: The price that an order type needs; the other one must be absent.
_DECIDING = {OrderType.MARKET: None, OrderType.LIMIT: "limit_price", OrderType.STOP: "stop_price"}

Choice = TypeVar("Choice", bound=StrEnum)
Fields = dict[str, json_text.Tree]


class Unit(StrEnum):
    BASE = "base"
    QUOTE = "quote"


class Wanted(Struct, frozen=True, kw_only=True):
    """An order as it was asked for, every default filled in. ``amount`` is in ``unit``."""

    symbol: str
    side: Side
    amount: Decimal
    unit: Unit
    type: OrderType
    time_in_force: TimeInForce
    reduce_only: bool
    leverage: int
    limit_price: Decimal | None
    stop_price: Decimal | None
    stop_loss: Decimal | None
    take_profit: Decimal | None
    client_order_id: str | None


def wanted_order(body: bytes, *, seed_symbols: bool) -> Wanted:
    """The order in a request body. ``seed_symbols`` also takes ``BTC`` for ``BTC-PERP``.

    Raises:
        Declined: 400 with the contract's code, or 403 for ``mode: live``.
    """
    fields = members(body)
    if unknown := fields.keys() - _FIELDS:
        raise Declined("invalid_request", f"{len(unknown)} fields are not in the contract")
    kind = _choice(fields, "type", OrderType, OrderType.MARKET, "invalid_request")
    prices = {name: _optional_price(fields, name) for name in ("limit_price", "stop_price")}
    if any((price is not None) != (name == _DECIDING[kind]) for name, price in prices.items()):
        raise Declined("invalid_amount", "limit_price goes with a limit, stop_price with a stop")
    if fields.get("mode", "paper") != "paper":
        raise Declined("forbidden", "this venue trades on paper only")
    return Wanted(
        symbol=_symbol(fields.get("symbol"), seed_symbols),
        side=_choice(fields, "side", Side, None, "invalid_side"),
        amount=number(fields.get("amount"), _AMOUNT_DIGITS),
        unit=_choice(fields, "amount_unit", Unit, Unit.BASE, "invalid_request"),
        type=kind,
        time_in_force=_choice(fields, "time_in_force", TimeInForce, TimeInForce.GTC, "invalid_request"),
        reduce_only=_flag(fields, "reduce_only"),
        leverage=_leverage(fields.get("leverage", Decimal(1))),
        stop_loss=_optional_price(fields, "stop_loss"),
        take_profit=_optional_price(fields, "take_profit"),
        client_order_id=_client_order_id(fields.get("client_order_id")),
        **prices,
    )


class Change(Struct, frozen=True, kw_only=True):
    """A modification: what is None stays."""

    limit_price: Decimal | None
    amount: Decimal | None


def wanted_change(body: bytes) -> Change:
    """Raises: Declined 400."""
    fields = members(body)
    if not fields or fields.keys() - {"limit_price", "amount"}:
        raise Declined("invalid_request", "limit_price and amount are what can be changed")
    amount = number(fields["amount"], _AMOUNT_DIGITS) if "amount" in fields else None
    return Change(limit_price=_optional_price(fields, "limit_price"), amount=amount)


def members(body: bytes) -> Fields:
    """The members of a JSON object. Raises: Declined 400."""
    try:
        tree = json_text.read(body)
    except BadJson:
        raise Declined("invalid_request", "the body is not JSON as the contract has it") from None
    if not isinstance(tree, dict):
        raise Declined("invalid_request", "the body is not an object")
    return tree


def idempotency_key(text: str | None, *, required: bool) -> str | None:
    """Raises: Declined 400."""
    if text is None:
        if required:
            raise Declined("idempotency_key_required", "Idempotency-Key is required")
        return None
    if _KEY.fullmatch(text) is None:
        raise Declined("invalid_request", "Idempotency-Key is malformed")
    return text


def number(value: json_text.Tree, digits: int) -> Decimal:
    """A positive number with at most this many fraction digits. Raises: Declined ``invalid_amount``."""
    if not isinstance(value, Decimal) or value <= 0:
        raise Declined("invalid_amount", "a positive number is needed")
    text = plain(value)
    if AMOUNT.fullmatch(text) is None or len(text.partition(".")[2]) > digits:
        raise Declined("invalid_amount", "a number is too large or too precise")
    return value


def _optional_price(fields: Fields, name: str) -> Decimal | None:
    return number(fields[name], _PRICE_DIGITS) if name in fields else None


def _choice(fields: Fields, name: str, options: type[Choice], default: Choice | None, code: str) -> Choice:
    value = fields.get(name, default)
    if not isinstance(value, str) or value not in {option.value for option in options}:
        raise Declined(code, f"{name} is not one of the contract's values")
    return options(value)


def _flag(fields: Fields, name: str) -> bool:
    value = fields.get(name, False)
    if not isinstance(value, bool):
        raise Declined("invalid_request", f"{name} is not true or false")
    return value


def _leverage(value: json_text.Tree) -> int:
    if not isinstance(value, Decimal) or value != int(value) or not 1 <= value <= 50:
        raise Declined("invalid_leverage", "leverage is a whole number from 1 to 50")
    return int(value)


def _symbol(value: json_text.Tree, seed_symbols: bool) -> str:
    if not isinstance(value, str) or SYMBOL.fullmatch(value) is None:
        raise Declined("invalid_symbol", "the symbol is malformed")
    return f"{value}-PERP" if seed_symbols and not value.endswith("-PERP") else value


def _client_order_id(value: json_text.Tree) -> str | None:
    if value is not None and not (isinstance(value, str) and _KEY.fullmatch(value)):
        raise Declined("invalid_request", "client_order_id is malformed")
    return value
