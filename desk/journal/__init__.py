"""The append-only, hash-chained journal: the only truth.

``open_journal`` for a program that acts, ``read_journal`` for one that only looks, ``memory_journal``
for a run that leaves nothing behind, ``verify_home`` to check everything and be told, not thrown at.
"""

from desk.journal.digest import session_digest
from desk.journal.home import memory_journal, open_journal, read_journal, verify_home
from desk.journal.key import Key, load_or_create
from desk.journal.sqlite import SqliteJournal

__all__ = [
    "Key",
    "SqliteJournal",
    "load_or_create",
    "memory_journal",
    "open_journal",
    "read_journal",
    "session_digest",
    "verify_home",
]
