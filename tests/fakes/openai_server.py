"""A loopback OpenAI Chat Completions endpoint: reads the role and the facts, answers, or misbehaves."""

from __future__ import annotations

import json
import re
import sys
import threading
from collections import Counter
from collections.abc import Callable
from enum import StrEnum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

FACT = re.compile(r"^(F\d+) (\S+) (\S+) (\S+) (\S+) (\S+)", re.MULTILINE)
TICKET = re.compile(r"tkt_[0-9a-f]{32}")
Body = dict[str, Any]
#: What a reply is made from: the request's body and how often this role was asked before.
Script = Callable[[Body, int], Any]


def facts(body: Body) -> dict[str, tuple[str, str]]:
    """Fact name to (id, value), as the prompt shows them; the traded market's come before the context's."""
    found: dict[str, tuple[str, str]] = {}
    for fact_id, name, _, _, value, _ in FACT.findall(shown(body)):
        found.setdefault(name, (fact_id, value))
    return found


def shown(body: Body) -> str:
    """Everything that the request shows."""
    return "\n".join(str(message["content"]) for message in body["messages"])


def role_of(body: Body) -> str:
    """The first line of the system prompt."""
    return str(body["messages"][0]["content"]).split("\n", 1)[0]


def _claim(text: str, *ids: str) -> Body:
    return {"text": text, "facts": list(ids), "weight": "medium"}


def _condition(fact_id: str, atr: str, op: str) -> Body:
    return {"fact_name": "close", "op": op, "than": {"fact": fact_id, "atr": atr, "pct": None}, "by": None}


def macro(body: Body, _: int) -> Body:
    known = facts(body)
    close, vix = known["close"], known["vix"]
    return {
        "symbol": "SPX-PERP",
        "horizon_bars": 40,
        "stance": "bullish",
        "abstain_reason": None,
        "claims": [_claim(f"VIX at {vix[1]} is calm.", vix[0])],
        "against": [_claim("A vote is due overnight.", vix[0])],
        "forecast": {"event": "target_before_stop", "p": 0.25, "base_rate_fact": None, "why_differs": None},
        "conviction": None,
        "change_my_mind": [_condition(close[0], "-2", "<")],
        "regime": "risk_on",
        "drivers": [vix[0]],
        "event_risk": ["referendum"],
    }


def technical(body: Body, _: int) -> Body:
    known = facts(body)
    close, rsi, base = known["close"], known["rsi14"], known["base_target_long"]
    return {
        "symbol": "SPX-PERP",
        "horizon_bars": 40,
        "stance": "bullish",
        "abstain_reason": None,
        "claims": [_claim(f"RSI14 at {rsi[1][:5]} leaves room above {close[1]}.", rsi[0], close[0])],
        "against": [_claim("Most such entries are stopped out.", base[0])],
        "forecast": {
            "event": "target_before_stop",
            "p": "0.21",
            "base_rate_fact": base[0],
            "why_differs": None,
        },
        "conviction": None,
        "change_my_mind": [_condition(close[0], "-1.5", "<=")],
        "setup": "trend",
        "entry": {"fact": close[0], "atr": 0, "pct": None},
        "stop": {"fact": close[0], "atr": -1.5, "pct": None},
        "target": {"fact": close[0], "atr": "4.8", "pct": None},
    }


def officer(body: Body, _: int) -> Body:
    known = facts(body)
    close, base = known["close"], known["base_target_long"]
    loss = {"p": 0.6, "early_sign": _condition(close[0], "-1", "<")}
    return {
        "decision": "approve",
        "challenge": None,
        "side": "buy",
        "size_step": 50,
        "reasons": ["AGREEMENT"],
        "facts": [close[0], base[0]],
        "base_rate_fact": base[0],
        "strongest_case_against": _claim("Most such entries are stopped out.", base[0]),
        "dissent": [],
        "pre_mortem": [{"how_it_loses": "The vote goes the other way.", **loss}] * 2,
        "kill_if": [_condition(close[0], "-1.5", "<="), _condition(close[0], "1", ">=")],
    }


def executor(body: Body, _: int) -> list[Body]:
    """Tool calls: the ticket id that stands in the prompt."""
    found = TICKET.search(str(body["messages"][-1]["content"]))
    tool = body["tools"][0]["function"]["name"]
    return [{"name": tool, "arguments": json.dumps({"ticket_id": found.group() if found else ""})}]


GOOD: dict[str, Script] = {
    "macro_analyst": macro,
    "technical_analyst": technical,
    "risk_officer": officer,
    "executor": executor,
}


class Raw:
    """A reply below the level of a message: status, body and content type as given.

    ``withheld`` bytes are promised in the header and never sent: the connection drops. ``retry_ms`` is
    how long the client is asked to wait before it tries again.
    """

    def __init__(
        self,
        status: int,
        body: str,
        kind: str = "application/json",
        withheld: int = 0,
        retry_ms: int | None = None,
    ) -> None:
        self.status, self.body, self.kind, self.withheld = status, body, kind, withheld
        self.retry_ms = retry_ms


class Streams(StrEnum):
    """How the server answers a request for a stream."""

    WELL = "well"
    #: ``stream`` is ignored: one JSON body.
    IGNORED = "ignored"
    #: Ignored, and labelled as something else.
    MISLABELLED = "mislabelled"
    #: Everything but the chunk that counts tokens.
    UNCOUNTED = "uncounted"
    #: The whole text, and then nothing: no finish, no count, no end mark.
    UNFINISHED = "unfinished"
    #: Half of the text, then the end of the body.
    CUT = "cut"
    #: Half of the text, then the end of the connection.
    DROPPED = "dropped"
    #: Half of the text, then an error of the endpoint.
    FAILED = "failed"
    #: Half of the text, then something that is not JSON.
    GARBLED = "garbled"
    #: Not one chunk.
    EMPTY = "empty"


class _Listener(ThreadingHTTPServer):
    """Says nothing of clients that hang up before they have heard everything: some have no time left."""

    def handle_error(self, request: Any, client_address: Any) -> None:
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


class OpenAIServer:
    """Use as a context manager; ``url`` is its base URL, ``requests`` every body it was sent."""

    def __init__(
        self,
        scripts: dict[str, Script] | None = None,
        *,
        finish: str = "stop",
        streams: Streams = Streams.WELL,
        counts: bool = True,
    ) -> None:
        self._streams, self._counts = streams, counts
        self.scripts = {**GOOD, **(scripts or {})}
        self.requests: list[Body] = []
        self._asked: Counter[str] = Counter()
        self._finish = finish
        self._server = _Listener(("127.0.0.1", 0), self._handler())
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}/v1"

    def __enter__(self) -> OpenAIServer:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["content-length"])))
                raw = server.answer(body)
                payload = raw.body.encode()
                self.send_response(raw.status)
                self.send_header("content-type", raw.kind)
                if raw.retry_ms is not None:
                    self.send_header("retry-after-ms", str(raw.retry_ms))
                self.send_header("content-length", str(len(payload) + raw.withheld))
                self.end_headers()
                self.wfile.write(payload)
                self.close_connection = self.close_connection or bool(raw.withheld)

            def log_message(self, *_: object) -> None:
                """Quiet."""

        return Handler

    def answer(self, body: Body) -> Raw:
        self.requests.append(body)
        role = role_of(body)
        said = self.scripts[role](body, self._asked[role])
        self._asked[role] += 1
        if isinstance(said, Raw):
            return said
        return self._streamed(said) if body.get("stream") else self._whole(said)

    def _whole(self, said: Any) -> Raw:
        message = {"role": "assistant", **_content(said)}
        finish = "tool_calls" if "tool_calls" in message else self._finish
        choice = {"index": 0, "finish_reason": finish, "message": message, "logprobs": None}
        usage = {"usage": _USAGE} if self._counts else {}
        return Raw(200, json.dumps({**_BASE, "object": "chat.completion", "choices": [choice], **usage}))

    def _streamed(self, said: Any) -> Raw:
        whole, kind = self._whole(said), "text/event-stream"
        chunks = [f"data: {json.dumps(chunk)}\n\n" for chunk in self._chunks(said)]
        half = "".join(chunks[: (len(chunks) - 2) // 2])
        match self._streams:
            case Streams.WELL:
                return Raw(200, "".join(chunks) + "data: [DONE]\n\n", kind)
            case Streams.IGNORED:
                return whole
            case Streams.MISLABELLED:
                return Raw(200, whole.body, "text/plain; charset=utf-8")
            case Streams.UNCOUNTED:
                return Raw(200, "".join(chunks[:-1]) + "data: [DONE]\n\n", kind)
            case Streams.UNFINISHED:
                return Raw(200, "".join(chunks[:-2]), kind)
            case Streams.CUT:
                return Raw(200, half, kind)
            case Streams.DROPPED:
                return Raw(200, half, kind, withheld=1000)
            case Streams.FAILED:
                return Raw(200, half + 'data: {"error": {"message": "overloaded"}}\n\n', kind)
            case Streams.GARBLED:
                return Raw(200, half + "data: {oops\n\n", kind)
            case Streams.EMPTY:
                return Raw(200, "", kind)

    def _chunks(self, said: Any) -> list[Body]:
        """Text in pieces of 40, the finish, and the count of tokens."""
        content = _content(said)
        finish = "tool_calls" if "tool_calls" in content else self._finish
        deltas = [
            {"role": "assistant", **({"tool_calls": _indexed(content)} if "tool_calls" in content else {})}
        ]
        text = content.get("content") or ""
        deltas += [{"content": text[at : at + 40]} for at in range(0, len(text), 40)]
        chunks = [_chunk([{"index": 0, "delta": delta, "finish_reason": None}]) for delta in deltas]
        chunks.append(_chunk([{"index": 0, "delta": {}, "finish_reason": finish}]))
        chunks.append({**_chunk([]), "usage": _USAGE})
        return chunks


_BASE = {"id": "x", "created": 1, "model": "loopback"}
_USAGE = {"prompt_tokens": 500, "completion_tokens": 100, "total_tokens": 600}


def _chunk(choices: list[Body]) -> Body:
    return {**_BASE, "object": "chat.completion.chunk", "choices": choices}


def _content(said: Any) -> Body:
    if isinstance(said, list):
        calls = [{"id": f"call_{n}", "type": "function", "function": call} for n, call in enumerate(said)]
        return {"content": None, "tool_calls": calls}
    return {"content": said if isinstance(said, str) else json.dumps(said)}


def _indexed(content: Body) -> list[Body]:
    return [{"index": n, **call} for n, call in enumerate(content["tool_calls"])]
