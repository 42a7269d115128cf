"""A secret: usable where it is needed, invisible everywhere else."""

from __future__ import annotations

import hmac
from typing import NoReturn


class Secret:
    """A key or token. Its repr is opaque, it cannot be pickled, and only ``reveal`` gives it away."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """The text itself: for a header or a MAC, never for a message, a log or an event."""
        return self._value

    def __repr__(self) -> str:
        return "Secret(…)"

    __str__ = __repr__

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and hmac.compare_digest(self._value.encode(), other._value.encode())

    def __hash__(self) -> int:
        return hash((Secret, self._value))

    def __reduce__(self) -> NoReturn:
        raise TypeError("a secret is not written anywhere")
