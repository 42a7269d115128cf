"""What the bench counts is the same every time: calls, prompts, commits."""

from __future__ import annotations

import asyncio
from pathlib import Path

from tests.bench import peer
from tests.bench.ours import Bench


def test_a_decision_takes_fewer_calls_shorter_prompts_and_few_commits(tmp_path: Path):
    bench = Bench(tmp_path)
    try:
        model = peer.Scripted()
        asyncio.run(peer.session(bench.task(), model))
        assert (len(bench.heard.replies), model.calls, bench.critical_path()) == (4, 9, 3)
        assert bench.heard.prompt_chars <= 0.40 * model.chars
        assert bench.session().commits <= 10
    finally:
        bench.close()
