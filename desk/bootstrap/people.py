"""Who is asked before large sums move."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from desk.approval.console import ConsoleApprover, Prompt
from desk.approval.deny import DenyApprover
from desk.approval.inbox import InboxApprover, stands
from desk.bootstrap.desk import Desk
from desk.bootstrap.wishes import Wishes
from desk.errors import ConfigError
from desk.ports import Approver

if TYPE_CHECKING:
    from desk.approval.slack.approver import Poster


def approver_for(desk: Desk, wishes: Wishes, session_id: str, prompt: Prompt | None, person: str) -> Approver:
    match wishes.approve:
        case "console" if prompt is not None:
            return ConsoleApprover(prompt, person, lambda request: stands(desk.journal, session_id, request))
        case "console":
            return DenyApprover("NOT_A_TERMINAL", "console")
        case "inbox":
            return InboxApprover(desk.journal, session_id, wishes.wait_s)
        case "slack":
            return slack_approver(desk, session_id, wishes.wait_s)
    return DenyApprover()


def slack_approver(desk: Desk, session_id: str, wait_s: float) -> Approver:
    """The inbox, with each question's card in Slack.

    Raises:
        ConfigError: what is missing for people to be asked there.
    """
    from desk.approval.slack.approver import SlackApprover
    from desk.approval.slack.settings import missing

    lacking = missing(desk.settings.slack)
    if lacking:
        raise ConfigError(
            "Slack is not set up", why=lacking[0], fix="Run `desk slack test`", code="SLACK_NOT_SET_UP"
        )
    return SlackApprover(InboxApprover(desk.journal, session_id, wait_s), slack_poster(desk))


def slack_poster(desk: Desk) -> Poster:
    """What sends a question's card, once."""
    from desk.approval.slack.approver import Poster
    from desk.approval.slack.client import SlackClient
    from desk.approval.slack.messages import Messages

    settings = desk.settings.slack
    assert settings is not None
    path = desk.home.slack
    return Poster(lambda: SlackClient(settings), lambda: Messages(path), desk.settings.page_url, note)


def note(text: str) -> None:
    """A line for whoever runs this process."""
    sys.stderr.write(f"desk: {text}\n")
