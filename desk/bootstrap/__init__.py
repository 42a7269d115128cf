"""The composition root: the only place that names concretes and puts a desk together."""

from desk.bootstrap.desk import Desk, free, locked, opened
from desk.bootstrap.guard import executor_tools, tools_module
from desk.bootstrap.models import answers_for, chat_for, live_answers
from desk.bootstrap.people import approver_for, note, slack_approver, slack_poster
from desk.bootstrap.session import Hands, clock_for, given, ids_for, settings_document
from desk.bootstrap.venues import (
    elapsed_since,
    elapsed_since_now,
    flea_venue,
    in_process,
    open_paper_account,
    paper_store,
    paper_venue,
    venue_for,
)
from desk.bootstrap.wishes import FLEA, PAPER, RULES, Wishes, check_live, check_wishes, model_specs

__all__ = [
    "FLEA",
    "PAPER",
    "RULES",
    "Desk",
    "Hands",
    "Wishes",
    "answers_for",
    "approver_for",
    "chat_for",
    "check_live",
    "check_wishes",
    "clock_for",
    "elapsed_since",
    "elapsed_since_now",
    "executor_tools",
    "flea_venue",
    "free",
    "given",
    "ids_for",
    "in_process",
    "live_answers",
    "locked",
    "model_specs",
    "note",
    "open_paper_account",
    "opened",
    "paper_store",
    "paper_venue",
    "settings_document",
    "slack_approver",
    "slack_poster",
    "tools_module",
    "venue_for",
]
