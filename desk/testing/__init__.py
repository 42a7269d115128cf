"""Stand-ins for users' own tests: a model that says what it is told to."""

from desk.testing.scripted import ScriptedModel, calls

__all__ = ["ScriptedModel", "calls"]
