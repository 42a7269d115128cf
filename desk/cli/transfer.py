"""``desk export | import``: a session's record as a file, and one from elsewhere to look at."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path

import click

from desk.cli import output
from desk.cli.archive import archived, wanted
from desk.cli.options import json_flag
from desk.config import Settings, load
from desk.errors import DeskError, UsageError
from desk.home.records import RecordFiles
from desk.journal import open_journal
from desk.replay.archive import Archive
from desk.replay.portable import PortableRecord, holds, written
from desk.replay.receiving import received


@click.command()
@click.argument("session_id", required=False)
@click.option("--html", is_flag=True, help="One page to read, without scripts, instead of a record.")
@click.option("-o", "--output", "target", type=click.Path(path_type=Path), help="Write to this file.")
@json_flag
def export(session_id: str | None, html: bool, target: Path | None, as_json: bool) -> None:
    """Write SESSION_ID (the newest without one) to stdout, or to a file: data only, no secrets."""
    settings = load()
    with archived() as archive:
        record = archive.portable(wanted(archive, session_id))
    _refuse_secrets(record, settings)
    lines = _page(record) if html else written(record)
    if target is None and (as_json or sys.stdout.isatty()):
        target = Path(f"{record.session_id}.{'html' if html else 'jsonl'}")
    if target is None:
        sys.stdout.buffer.writelines(lines)
        return
    _write(target, lines)
    if as_json:
        output.emit({"schema": "desk.export/1", "path": str(target), **_about(record)})
    else:
        output.say(f"{record.session_id} written to {target}, digest {record.session_digest[:16]}")


def _page(record: PortableRecord) -> Iterable[bytes]:
    from desk.view.page import page

    return [page(record).encode()]


def _write(target: Path, lines: Iterable[bytes]) -> None:
    try:
        with target.open("wb") as file:
            file.writelines(lines)
    except OSError as error:
        raise UsageError(
            f"{target} cannot be written", why=error.strerror or "", fix="Choose another"
        ) from None


def _refuse_secrets(record: PortableRecord, settings: Settings) -> None:
    """No secret gets into a record in the first place. Should one have, it goes no further."""
    slack = settings.slack
    known = [settings.openai_key, settings.flea_key]
    known += [] if slack is None else [slack.signing_secret, slack.bot_token, slack.webhook_url]
    if holds(record, (one.reveal() for one in known if one is not None)):
        raise UsageError(
            "this record holds one of your secrets",
            why="somebody put it into a brief or a prompt",
            fix="Change that secret now; nothing was written",
            code="SECRET_IN_RECORD",
        )


def _about(record: PortableRecord) -> dict[str, object]:
    return {
        "session_id": record.session_id,
        "session_digest": record.session_digest,
        "events": len(record.events),
        "journal": {"seq": record.journal_seq, "hash": record.journal_hash},
    }


@click.command("import")
@click.argument("file", type=click.File("rb"))
@json_flag
def import_(file: Iterable[bytes], as_json: bool) -> None:
    """Check the record in FILE ('-' for stdin) and keep it to show, replay, compare and fork."""
    home = load().home
    try:
        record = received(file)
    except OSError as error:
        raise UsageError("the file cannot be read", why=error.strerror or "", fix="Check it") from None
    files = RecordFiles(home.records)
    journal = open_journal(home.path)
    try:
        news = _is_news(Archive(journal, files), record)
    finally:
        journal.close()
    if news:
        files.keep(record.session_id, written(record))
    if as_json:
        output.emit({"schema": "desk.import/1", "imported": news, **_about(record)})
    elif news:
        output.say(f"{record.session_id} imported, digest {record.session_digest[:16]}")
        output.say(f"Try:  desk show {record.session_id}  ·  desk replay {record.session_id} --verify")
    else:
        output.say(f"{record.session_id} is here already, the same to the byte")


def _is_news(archive: Archive, record: PortableRecord) -> bool:
    """False if the very same record is here.

    Raises:
        UsageError: another one with this id is.
    """
    try:
        here = archive.portable(record.session_id)
    except DeskError as error:
        if error.code == "NO_SESSION":
            return True
        raise
    if here.session_digest != record.session_digest:
        raise UsageError(
            f"another session {record.session_id} is here",
            why="its digest differs from that of the file",
            fix="Look at both before you believe either",
            code="RECORD_DIFFERS",
        )
    return False
