"""Numbers from outside, and the one way they are rounded and written.

Every amount, price and size that enters the desk passes ``amount``; the few inputs that may be
negative pass ``signed``. Everything else is Decimal arithmetic at precision 28.
"""

from __future__ import annotations

import re
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_EVEN, Context, Decimal, InvalidOperation

from desk.errors import BadNumber

AMOUNT = re.compile(r"(0|[1-9][0-9]{0,8})(\.[0-9]{1,8})?")
SIGNED = re.compile(r"-?(0|[1-9][0-9]{0,8})(\.[0-9]{1,8})?")

#: Precision of every computation (DESIGN section 5); traps make a NaN or an overflow an exception.
CONTEXT = Context(prec=28, rounding=ROUND_HALF_EVEN)
#: Facts are shown with this many significant digits.
SIGNIFICANT_DIGITS = 8

ZERO = Decimal(0)
ONE = Decimal(1)


def amount(text: object) -> Decimal:
    """A non-negative amount, price or size: ``(0|[1-9]\\d{0,8})(\\.\\d{1,8})?`` in ASCII, nothing else.

    Raises:
        BadNumber: for anything else, including signs, exponents, NaN, booleans and unicode digits.
    """
    return _parse(text, AMOUNT, "a plain non-negative number such as 12.50")


def signed(text: object) -> Decimal:
    """As ``amount`` with an optional leading minus, for offsets and macro values."""
    return _parse(text, SIGNED, "a plain number such as -1.5")


def _parse(text: object, pattern: re.Pattern[str], wanted: str) -> Decimal:
    if not isinstance(text, str) or len(text) > 20 or pattern.fullmatch(text) is None:
        shown = ascii(text)[:40]
        raise BadNumber(f"{shown} is not a number the desk accepts", fix=f"Write {wanted}")
    return Decimal(text)


def plain(value: Decimal) -> str:
    """Canonical text: no exponent, no trailing zeros, ``-0`` is ``0``.

    Raises:
        BadNumber: if the value is not finite.
    """
    text = str(value)
    if (text[-1] != "0" and "E" not in text) if "." in text else text.isdecimal():
        return text  # As nearly all are: nothing has to be trimmed.
    if not value.is_finite():
        raise BadNumber("a value that is not finite cannot be written")
    if not value:
        return "0"
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def floor_to(value: Decimal, step: Decimal) -> Decimal:
    """The largest multiple of ``step`` that is not above ``value``."""
    return (value / step).to_integral_value(ROUND_FLOOR) * step


def ceil_to(value: Decimal, step: Decimal) -> Decimal:
    """The smallest multiple of ``step`` that is not below ``value``."""
    return (value / step).to_integral_value(ROUND_CEILING) * step


def significant(value: Decimal, digits: int = SIGNIFICANT_DIGITS) -> Decimal:
    """Rounded half-even to ``digits`` significant digits."""
    return Context(prec=digits, rounding=ROUND_HALF_EVEN).plus(value)


def parsed(text: str) -> Decimal:
    """A Decimal from text this program wrote itself (a journal, a cache). Not for outside input."""
    try:
        value = Decimal(text)
    except InvalidOperation:
        raise BadNumber(f"{ascii(text)[:40]} is not a recorded number") from None
    if not value.is_finite():
        raise BadNumber("a recorded number is not finite")
    return value
