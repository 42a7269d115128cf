"""Stand-ins for users' own tests: a model that says what it is told to, and time that passes when told to."""

from desk.testing.clock import FakeClock
from desk.testing.scripted import ScriptedModel, calls

__all__ = ["FakeClock", "ScriptedModel", "calls"]
