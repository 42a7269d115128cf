"""Who sits at the desk. The names are public: they stand in events, prompts and ``--model ROLE=…``."""

from __future__ import annotations

from enum import StrEnum


class Analyst(StrEnum):
    """The two who state views. Everything they say is in this order, whoever answered first."""

    MACRO = "macro_analyst"
    TECHNICAL = "technical_analyst"


ANALYSTS = tuple(Analyst)
RISK_OFFICER = "risk_officer"
#: Not a model: the seat that carries the approved intent to the door.
COMPLIANCE_PROXY = "compliance_proxy"
EXECUTOR = "executor"

#: Seats a model fills.
MODEL_ROLES = (Analyst.MACRO.value, Analyst.TECHNICAL.value, RISK_OFFICER, EXECUTOR)
