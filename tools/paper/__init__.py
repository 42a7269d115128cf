"""The embedded paper venue: Purple Flea's trading contract over one SQLite file.

``PaperStore`` holds accounts; ``app`` answers the contract for a session's time; ``tools.paper.server``
puts it on loopback. In process, hand ``InProcess(store, now)`` to the client as its transport.
"""

from tools.paper.app import PREFIX, app
from tools.paper.inprocess import InProcess
from tools.paper.store import OPENING_BALANCE_USDC, PaperStore
from tools.paper.tape import Tape

__all__ = ["OPENING_BALANCE_USDC", "PREFIX", "InProcess", "PaperStore", "Tape", "app"]
