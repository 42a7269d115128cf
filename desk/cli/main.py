"""``desk``: the commands, loaded when they are called, so that help is quick and needs nothing."""

from __future__ import annotations

import importlib
import keyword
import sys

import click

from desk import __version__

#: Command to (module below desk.cli, its help line).
COMMANDS: dict[str, tuple[str, str]] = {
    "run": ("run", "Deliberate over one or more briefs and act on the decision."),
    "brief": ("brief", "Write, check or list briefs."),
    "resume": ("resume", "Go on with a suspended or interrupted session."),
    "sessions": ("look", "List sessions."),
    "show": ("look", "Show one session: debate, facts, gate, orders, cost."),
    "why": ("look", "Explain one order back to the facts it rests on."),
    "orders": ("look", "List orders."),
    "positions": ("look", "List open trades."),
    "balance": ("balance", "Show an account's cash: now, at any time, or without one event."),
    "watch": ("watch", "Keep open trades until they close: stops, targets, P&L."),
    "reconcile": ("reconcile", "Resolve unknown orders by proof."),
    "approvals": ("approvals", "List what waits for a human."),
    "approve": ("approvals", "Approve a waiting trade."),
    "deny": ("approvals", "Deny a waiting trade."),
    "edit": ("approvals", "Approve a waiting trade, smaller."),
    "serve": ("serve", "Approve on a page and from Slack; sessions go on by themselves."),
    "slack": ("slack", "Check the Slack set-up."),
    "policy": ("policy", "Show who must approve what, or explain it for one intent."),
    "halt": ("state", "Stop: no new entries. --hard stops protective orders too."),
    "reduce": ("state", "Only exits from now on."),
    "reopen": ("state", "Trade again, with a reason."),
    "flatten": ("state", "Leave every open position at the market."),
    "replay": ("replay", "Run a session again from its record and compare."),
    "diff": ("comparison", "Hold two sessions side by side, from where they part."),
    "fork": ("fork", "Run a session again with one input changed; nothing can be sent."),
    "export": ("transfer", "Write a session's record to a file; --html for a page to read."),
    "import": ("transfer", "Check a record from elsewhere and keep it to look at."),
    "notebooks": ("notebooks", "Copy the notebooks over recorded sessions, with their records."),
    "verify": ("verify", "Verify the journal's chain, anchor and tickets."),
    "doctor": ("doctor", "Check the installation and settings, with a fix for each problem."),
    "breakers": ("state", "Show circuit breakers, or reset one."),
    "paper": ("paper", "Serve the embedded paper venue on loopback."),
}

EPILOG = """\b
Try:  desk run                     four agents argue over a real brief, on paper
      desk brief list              the bundled briefs
      desk doctor                  is everything in place?"""


class Commands(click.Group):
    """Imports a command's module only when the command is used."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f"desk.cli.{COMMANDS[cmd_name][0]}")
        command = getattr(module, f"{cmd_name}_" if keyword.iskeyword(cmd_name) else cmd_name)
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The list without importing any of them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in COMMANDS.items()])


@click.command(cls=Commands, epilog=EPILOG, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="desk")
def cli() -> None:
    """Purple Desk: agents that argue in the open and can only act through one narrow door."""


def main() -> None:
    """The console script. No foreseeable cause ends in a traceback."""
    from desk.cli.output import INTERRUPTED, fail, note, unread
    from desk.errors import DeskError, UsageError

    as_json = "--json" in sys.argv[1:]
    try:
        sys.exit(cli.main(standalone_mode=False) or 0)
    except click.UsageError as error:
        hint = error.ctx.command_path if error.ctx is not None else "desk"
        fail(UsageError(error.format_message().rstrip("."), fix=f"See `{hint} --help`"), as_json=as_json)
    except click.Abort:
        note("desk: interrupted")
        sys.exit(INTERRUPTED)
    except DeskError as error:
        fail(error, as_json=as_json)
    except KeyboardInterrupt:
        note("desk: interrupted")
        sys.exit(INTERRUPTED)
    except BrokenPipeError:
        unread(sys.stdout)
        sys.exit(1)


if __name__ == "__main__":
    main()
