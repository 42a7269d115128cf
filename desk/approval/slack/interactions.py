"""A click in Slack: believed only when signed, recent, new, of our team and of somebody on the list.

The answer to Slack never waits for the journal. What was clicked is recorded afterwards, and the person is
told there what became of it.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any
from urllib.parse import parse_qs

from msgspec import Struct

from desk.approval.inbox import Answered
from desk.approval.slack import card
from desk.approval.slack.client import SlackClient
from desk.approval.slack.messages import Messages
from desk.approval.slack.settings import SlackSettings
from desk.approval.slack.signature import WINDOW_S, NotSlack, verify
from desk.domain import envelope, json_text
from desk.domain.approval import DENIED, GRANTED
from desk.domain.events import ApprovalRequested
from desk.errors import BadJson, ChannelDown, DeskError
from desk.ports import Answer

#: Records an answer: the approval's id and the word, to what became of it and the request it was about.
Record = Callable[[str, Answer], Awaitable[tuple[Answered, ApprovalRequested]]]
MAX_REASON = 500
_ID = re.compile(r"[A-Za-z0-9_-]{1,40}")


class Handled(Struct, frozen=True):
    """What to answer at once, and what to do afterwards."""

    status: int
    body: bytes = b""
    after: Callable[[], Awaitable[None]] | None = None


class Click(Struct, frozen=True, kw_only=True):
    """What somebody did, taken from a payload that was proven to be Slack's."""

    user: str
    team: str
    approval_id: str
    card_hash: str
    decision: str
    reason: str | None
    response_url: str | None
    trigger_id: str | None


class SlackInteractions:
    """Handles ``POST /slack/interactions``. Nothing it raises reaches the sender: no input makes a 500."""

    def __init__(
        self,
        settings: SlackSettings,
        client: SlackClient,
        messages: Messages,
        record: Record,
        now_s: Callable[[], int],
        log: Callable[[str], None],
    ) -> None:
        self._settings = settings
        self._client = client
        self._messages = messages
        self._record = record
        self._now_s = now_s
        self._log = log

    def handle(self, body: bytes, headers: Iterable[tuple[str, str]]) -> Handled:
        """Answer a request; ``after`` does what it asks for, if it may."""
        secret, now_s = self._settings.signing_secret, self._now_s()
        if secret is None:
            return self._refused(NotSlack(404, "NO_SIGNING_SECRET"))
        try:
            request, stamp = verify(body, headers, secret, now_s)
            if not self._messages.first_time(request, stamp, forget_before=now_s - 2 * WINDOW_S):
                raise NotSlack(200, "REPLAYED")
            click = _click(_payload(body))
        except NotSlack as refused:
            return self._refused(refused)
        if click is None:
            return Handled(200)
        return Handled(200, after=lambda: self._acted(click))

    def _refused(self, refused: NotSlack) -> Handled:
        self._log(f"slack: refused a request ({refused.reason})")
        return Handled(refused.status)

    # ---- afterwards ------------------------------------------------------------------------------

    async def _acted(self, click: Click) -> None:
        person = self._settings.person(click.user, click.team)
        if person is None:
            self._log(f"slack: {click.user} of {click.team} may not decide")
            await self._tell(click, "You may not decide here. Nothing was changed.")
        elif click.decision == DENIED and click.reason is None:
            await self._ask_why(click)
        else:
            await self._decide(click, person)

    async def _ask_why(self, click: Click) -> None:
        if not self._client.bot or click.trigger_id is None:
            await self._tell(click, "Write in a word why, then press Deny again. Nothing was changed.")
            return
        view = card.modal(f"{click.approval_id}.{click.card_hash}")
        try:
            await self._client.call("views.open", {"trigger_id": click.trigger_id, "view": view})
        except ChannelDown as error:
            self._log(f"slack: {error}")
            await self._tell(click, "The dialog could not be opened. Deny on the page or in the inbox.")

    async def _decide(self, click: Click, person: str) -> None:
        answer = Answer(
            card_hash=click.card_hash,
            decision=click.decision,
            by=person,
            channel="slack",
            reason=click.reason,
        )
        try:
            answered, request = await self._record(click.approval_id, answer)
        except DeskError as error:
            self._log(f"slack: {person}'s answer to {click.approval_id} does not count ({error.code})")
            await self._tell(click, f"{envelope.inert(str(error))}")
            return
        await self._show(click, answered, request)

    async def _show(self, click: Click, answered: Answered, request: ApprovalRequested) -> None:
        """The card as it stands now, in the place of the one that was clicked."""
        line = card.decided_line(answered.stands)
        blocks = card.settled_card(request, line)
        if not answered.stands.settled:
            blocks = [*card.open_card(request, None, ask_reason=not self._client.bot), *blocks[-1:]]
        posted = self._messages.posted(click.approval_id)
        try:
            if self._client.bot and posted is not None and posted.ts:
                await self._client.update(posted, line, blocks)
            elif click.response_url is not None:
                content = {"replace_original": True, "text": line, "blocks": blocks}
                await self._client.respond(click.response_url, content)
        except ChannelDown as error:
            self._log(f"slack: the decision stands, but its card could not be changed: {error}")
            return
        if answered.stands.settled:
            self._messages.settled(click.approval_id)

    async def _tell(self, click: Click, text: str) -> None:
        """Say something to the person who clicked, and to nobody else."""
        try:
            if click.response_url is not None:
                content = {"response_type": "ephemeral", "replace_original": False, "text": card.safe(text)}
                await self._client.respond(click.response_url, content)
            elif self._client.bot and self._settings.channel is not None:
                body = {"channel": self._settings.channel, "user": click.user, "text": card.safe(text)}
                await self._client.call("chat.postEphemeral", body)
        except ChannelDown as error:
            self._log(f"slack: {error}")


# ---- what was sent -------------------------------------------------------------------------------


def _payload(body: bytes) -> Mapping[str, Any]:
    """The JSON of the form's one ``payload``.

    Raises:
        NotSlack: 400 for any other form, or JSON that is not an object.
    """
    try:
        fields = parse_qs(body.decode("utf-8"), strict_parsing=True, max_num_fields=8)
        [text] = fields["payload"]
        found = json_text.read(text.encode())
    except (ValueError, KeyError, BadJson, RecursionError):
        raise NotSlack(400, "BAD_PAYLOAD") from None
    if not isinstance(found, dict):
        raise NotSlack(400, "BAD_PAYLOAD")
    return found


def _click(payload: Mapping[str, Any]) -> Click | None:
    """What it asks for. None for what needs no more than to be acknowledged.

    Raises:
        NotSlack: 400 where a part is missing or has another shape.
    """
    match payload.get("type"):
        case "block_actions":
            return _pressed(payload)
        case "view_submission":
            return _submitted(payload)
    raise NotSlack(400, "UNKNOWN_TYPE")


def _pressed(payload: Mapping[str, Any]) -> Click | None:
    actions = payload.get("actions")
    if not isinstance(actions, list) or len(actions) != 1 or not isinstance(actions[0], dict):
        raise NotSlack(400, "BAD_ACTIONS")
    name = actions[0].get("action_id")
    if name in ("desk_page", card.REASON):
        return None
    decision = {card.APPROVE: GRANTED, card.DENY: DENIED}.get(name) if isinstance(name, str) else None
    if decision is None:
        raise NotSlack(400, "UNKNOWN_ACTION")
    reason = _reason(payload.get("state")) if decision == DENIED else None
    return _made(payload, actions[0].get("value"), decision, reason)


def _submitted(payload: Mapping[str, Any]) -> Click:
    view = payload.get("view")
    if not isinstance(view, dict) or view.get("callback_id") != card.MODAL:
        raise NotSlack(400, "UNKNOWN_VIEW")
    reason = _reason(view.get("state"))
    return _made(payload, view.get("private_metadata"), DENIED, reason or "no reason given")


def _made(payload: Mapping[str, Any], value: object, decision: str, reason: str | None) -> Click:
    named = card.read_value(value)
    user, team = _id(payload, "user"), _id(payload, "team")
    if named is None or user is None or team is None:
        raise NotSlack(400, "BAD_VALUE")
    inner = payload["user"].get("team_id")
    if inner is not None and inner != team:
        raise NotSlack(400, "TWO_TEAMS")
    url, trigger = payload.get("response_url"), payload.get("trigger_id")
    return Click(
        user=user,
        team=team,
        approval_id=named[0],
        card_hash=named[1],
        decision=decision,
        reason=reason,
        response_url=url if isinstance(url, str) and url else None,
        trigger_id=trigger if isinstance(trigger, str) and trigger else None,
    )


def _id(payload: Mapping[str, Any], name: str) -> str | None:
    part = payload.get(name)
    found = part.get("id") if isinstance(part, dict) else None
    return found if isinstance(found, str) and _ID.fullmatch(found) else None


def _reason(state: object) -> str | None:
    """The text somebody typed into the reason's field; None if there is none."""
    for key in ("values", card.REASON, card.REASON, "value"):
        state = state.get(key) if isinstance(state, dict) else None
    text = envelope.inert(state)[:MAX_REASON] if isinstance(state, str) else ""
    return text or None
