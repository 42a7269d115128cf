"""The Purple Flea client: the only module that sends an order, and only with a permit."""

from tools.purple_flea.client import PurpleFlea
from tools.purple_flea.pace import Pace
from tools.purple_flea.reads import ReadPolicy

__all__ = ["Pace", "PurpleFlea", "ReadPolicy"]
