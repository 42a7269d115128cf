"""Who must approve what: rules as data. They can only ask for more than the code does.

Every rule whose conditions all hold counts, and the strictest of them decides; an act that no rule
speaks of needs a human. The code's own reasons (DESIGN section 7) ask for one human whatever the rules say.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from msgspec import Struct

from desk.domain.canonical import Json, sha256
from desk.domain.money import amount, plain
from desk.domain.shape import shaped, unshaped
from desk.errors import BadNumber, ConfigError

#: Whose word silence is. No person is called so.
NOBODY = "nobody"
MOST_HUMANS = 2
UNMATCHED = "POLICY_UNMATCHED"
KINDS = ("trade", "bet", "escrow", "transfer")


class Situation(Struct, frozen=True, kw_only=True):
    """What the rules look at. ``agreement`` is 0 (the analysts differ) to 1; None if nobody stated it."""

    kind: str
    symbol: str
    size_usdc: Decimal
    first_trade: bool
    after_loss: bool
    agreement: Decimal | None
    listed_event: bool


class Rule(Struct, frozen=True, kw_only=True):
    """``humans`` needed where every condition that is given holds. ``None`` and empty mean: any."""

    name: str
    humans: int
    kinds: tuple[str, ...] = ()
    symbols: tuple[str, ...] = ()
    min_notional_usdc: Decimal | None = None
    max_notional_usdc: Decimal | None = None
    max_agreement: Decimal | None = None
    first_trade: bool | None = None
    after_loss: bool | None = None
    listed_event: bool | None = None

    def conditions(self, it: Situation) -> dict[str, bool]:
        """Each condition that is given, and whether it holds. An unknown agreement counts as low."""
        size, agreed = it.size_usdc, it.agreement
        asked = {
            "kinds": (self.kinds, it.kind in self.kinds),
            "symbols": (self.symbols, it.symbol in self.symbols),
            "min_notional_usdc": (self.min_notional_usdc, size >= (self.min_notional_usdc or 0)),
            "max_notional_usdc": (self.max_notional_usdc, size <= (self.max_notional_usdc or 0)),
            "max_agreement": (self.max_agreement, agreed is None or agreed <= (self.max_agreement or 0)),
            "first_trade": (self.first_trade, it.first_trade is self.first_trade),
            "after_loss": (self.after_loss, it.after_loss is self.after_loss),
            "listed_event": (self.listed_event, it.listed_event is self.listed_event),
        }
        return {name: holds for name, (given, holds) in asked.items() if given is not None and given != ()}

    def applies(self, it: Situation) -> bool:
        return all(self.conditions(it).values())


class Requirement(Struct, frozen=True, kw_only=True):
    """How many different humans must approve, and because of what."""

    humans: int
    reasons: tuple[str, ...]


class Policy(Struct, frozen=True, kw_only=True):
    """The rules in force."""

    rules: tuple[Rule, ...]

    @property
    def version(self) -> str:
        """Names these very rules; an approval is bound to it."""
        return "builtin-1" if self == BUILT_IN else f"policy-{sha256(self.document())[:16]}"

    def requires(self, it: Situation, by_code: tuple[str, ...]) -> Requirement:
        """What this act needs; ``by_code`` are the gate's own reasons for asking a human."""
        applying = [rule for rule in self.rules if rule.applies(it)]
        humans = max((rule.humans for rule in applying), default=1)
        told = tuple(f"POLICY:{rule.name}" for rule in applying if rule.humans) if applying else (UNMATCHED,)
        return Requirement(humans=max(humans, 1 if by_code else 0), reasons=(*by_code, *told))

    def document(self) -> dict[str, Json]:
        return shaped(self)


#: Without rules of the user's, only the code asks.
BUILT_IN = Policy(rules=(Rule(name="code", humans=0),))


def policy_from_record(document: object) -> Policy:
    """The policy that ``document`` wrote into a session's settings."""
    return unshaped(Policy, document)


def policy_from(rows: object) -> Policy:
    """The policy that ``[[approval.rules]]`` of desk.toml spells; the built-in one where there is none.

    Raises:
        ConfigError: an unknown key, a value of another type, a name twice.
    """
    if rows is None:
        return BUILT_IN
    if not isinstance(rows, list) or not rows:
        raise ConfigError("[[approval.rules]] is not a list of tables", fix="Remove it, or write a rule")
    rules = tuple(_rule(row, n) for n, row in enumerate(rows, 1))
    names = [rule.name for rule in rules]
    if len(set(names)) < len(names):
        raise ConfigError("two of [[approval.rules]] have the same name", fix="Give each its own")
    return Policy(rules=rules)


def _rule(row: object, n: int) -> Rule:
    where = f"approval.rules[{n}]"
    if not isinstance(row, Mapping):
        raise ConfigError(f"{where} is not a table")
    known = set(Rule.__struct_fields__)
    unknown = sorted(set(row) - known)
    if unknown:
        raise ConfigError(
            f"{where}.{ascii(unknown[0])[1:-1][:40]} is no condition",
            fix="Known: " + ", ".join(sorted(known)),
        )
    missing = {"name", "humans"} - set(row)
    if missing:
        raise ConfigError(f"{where} needs {min(missing)}", fix="Give it a name, and humans = 0, 1 or 2")
    return Rule(**{name: _READ[name](value, f"{where}.{name}") for name, value in row.items()})


def _text(value: object, where: str) -> str:
    if (
        not isinstance(value, str)
        or not value.isascii()
        or not value.isprintable()
        or not 0 < len(value) < 41
    ):
        raise ConfigError(f"{where} is not a short text", fix="1 to 40 printable ASCII characters")
    return value


def _humans(value: object, where: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= MOST_HUMANS:
        raise ConfigError(f"{where} is not 0, 1 or 2")
    return value


def _texts(value: object, where: str) -> tuple[str, ...]:
    if not isinstance(value, list) or not value:
        raise ConfigError(f"{where} is not a list of texts", fix="Leave the condition out to mean any")
    return tuple(_text(item, where) for item in value)


def _kinds(value: object, where: str) -> tuple[str, ...]:
    kinds = _texts(value, where)
    unknown = sorted(set(kinds) - set(KINDS))
    if unknown:
        raise ConfigError(f"{where}: {unknown[0]} is no kind of act", fix="Known: " + ", ".join(KINDS))
    return kinds


def _number(value: object, where: str) -> Decimal:
    try:
        return amount(plain(value) if isinstance(value, Decimal) else str(value))
    except BadNumber as error:
        raise ConfigError(f"{where} is not a number the desk accepts", why=str(error)) from None


def _flag(value: object, where: str) -> bool:
    if not isinstance(value, bool):
        raise ConfigError(f"{where} is not true or false")
    return value


_READ: Mapping[str, Any] = {
    "name": _text,
    "humans": _humans,
    "kinds": _kinds,
    "symbols": _texts,
    "min_notional_usdc": _number,
    "max_notional_usdc": _number,
    "max_agreement": _number,
    "first_trade": _flag,
    "after_loss": _flag,
    "listed_event": _flag,
}
