"""Every error Purple Desk raises on purpose, in one tree.

    DeskError
    ├── UsageError                 the command line, a flag, an id that does not exist          exit 2
    ├── ConfigError                desk.toml, an environment variable, a file's permissions     exit 2
    ├── BriefError                 a brief or one of its CSV files; carries file and line       exit 2
    ├── BadNumber                  a number from outside that is not one                        exit 2
    ├── BadJson                    text from outside that is not the JSON we read               exit 2
    ├── Halted                     the trading state forbids what was asked                     exit 3
    ├── JournalError
    │   ├── JournalCorrupt         the chain, the anchor or a checkpoint does not verify        exit 6
    │   ├── JournalUnavailable     locked, full, read-only, unreadable                          exit 1
    │   └── VersionConflict        the stream moved since it was read                           exit 1
    ├── InvalidTransition          a state machine was asked for a move its table lacks         exit 1
    ├── TicketRefused              a ticket that is forged, used, expired or differs            exit 1
    ├── VenueError
    │   ├── ReadFailed             a read did not succeed; nothing was asked to happen          exit 1
    │   ├── NotSent                proof that the request never left                            exit 1
    │   ├── Refused                a definitive refusal of the venue's contract                 exit 1
    │   └── OutcomeUnknown         the request may or may not have taken effect                 exit 4
    ├── ChannelDown                a channel to people could not be reached; nothing was decided    exit 1
    ├── ModelError                 a model could not be asked or did not answer                 exit 1
    └── Divergence                 a record re-driven gave another request than it holds        exit 1

An error says what happened, why, and what to do. ``str(error)`` is one line. Text that came from
outside (a venue's message, a model's words, a library's exception) is never part of it.
"""

from __future__ import annotations


class DeskError(Exception):
    """Base of every error raised on purpose.

    Args:
        what: what happened, one clause, no trailing full stop.
        why: the cause, as far as it is known.
        fix: what the reader can do next.
        code: stable name for programs (``desk.error/1``); the class name in capitals by default.
    """

    exit_code = 1
    default_code = "FAILED"

    def __init__(self, what: str, *, why: str = "", fix: str = "", code: str | None = None) -> None:
        self.what = what
        self.why = why
        self.fix = fix
        self.code = code or self.default_code
        super().__init__(str(self))

    def __str__(self) -> str:
        line = self.what
        if self.why:
            line += f": {self.why}"
        if self.fix:
            line += f". {self.fix}"
        return line


class UsageError(DeskError):
    exit_code = 2
    default_code = "USAGE"


class ConfigError(DeskError):
    exit_code = 2
    default_code = "CONFIG"


class BriefError(DeskError):
    """A brief that cannot be used. ``file`` and ``line`` (1-based) point at the place, when there is one."""

    exit_code = 2
    default_code = "BRIEF"

    def __init__(
        self,
        what: str,
        *,
        why: str = "",
        fix: str = "",
        code: str | None = None,
        file: str | None = None,
        line: int | None = None,
    ) -> None:
        self.file = file
        self.line = line
        super().__init__(what, why=why, fix=fix, code=code)

    def __str__(self) -> str:
        place = ":".join(str(part) for part in (self.file, self.line) if part is not None)
        return f"{place}: {super().__str__()}" if place else super().__str__()


class BadNumber(DeskError):
    exit_code = 2
    default_code = "BAD_NUMBER"


class BadJson(DeskError):
    exit_code = 2
    default_code = "BAD_JSON"


class Halted(DeskError):
    exit_code = 3
    default_code = "HALTED"


class JournalError(DeskError):
    default_code = "JOURNAL"


class JournalCorrupt(JournalError):
    exit_code = 6
    default_code = "JOURNAL_CORRUPT"


class JournalUnavailable(JournalError):
    default_code = "JOURNAL_UNAVAILABLE"


class VersionConflict(JournalError):
    default_code = "VERSION_CONFLICT"


class InvalidTransition(DeskError):
    default_code = "INVALID_TRANSITION"


class TicketRefused(DeskError):
    """``code`` is one of PARAMS_DIFFER, TICKET_USED, TICKET_EXPIRED, TICKET_FORGED."""

    default_code = "TICKET_FORGED"


class VenueError(DeskError):
    default_code = "VENUE"


class ChannelDown(DeskError):
    default_code = "CHANNEL_DOWN"


class ReadFailed(VenueError):
    default_code = "READ_FAILED"


class NotSent(VenueError):
    default_code = "NOT_SENT"


class Refused(VenueError):
    """The venue said no in a way that its contract defines. ``code`` is the contract's error code."""

    default_code = "REFUSED"


class OutcomeUnknown(VenueError):
    exit_code = 4
    default_code = "UNKNOWN"


class ModelError(DeskError):
    default_code = "MODEL"


class Divergence(DeskError):
    """A record, re-driven, asked for something it does not hold.

    ``asked`` is what was asked for where the record has another input: its port and its request's hash.
    """

    default_code = "DIVERGENCE"
    asked: tuple[str, str] | None = None
