"""Atelier's command line: run, sandbox, check, ledger."""

import asyncio
import logging
import signal
import sys
from collections.abc import Coroutine
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn, TypeVar

import typer

if TYPE_CHECKING:
    from bot.config import Settings

_T = TypeVar("_T")

EXIT_MISCONFIGURED = 2

cli = typer.Typer(add_completion=False, no_args_is_help=False, pretty_exceptions_enable=False)
ledger_cli = typer.Typer(help="Look after the ledger.")
cli.add_typer(ledger_cli, name="ledger")


@cli.callback(invoke_without_command=True)
def default(context: typer.Context) -> None:
    """Make pictures in Discord. Without a command: run the bot."""
    if context.invoked_subcommand is None:
        run()


@cli.command()
def run() -> None:
    """Run the bot until it is told to stop (SIGTERM or Ctrl-C)."""
    # Each command imports what it needs: `ledger verify` beside a running bot stays small, and
    # so does the painting process, which imports this file too.
    from cogs._run import run_bot  # noqa: PLC0415

    _finish(run_bot(_settings(), _stop_signal))


@cli.command()
def sandbox(
    *,
    port: Annotated[int, typer.Option(min=1, max=65535, help="Where the page is served.")] = 8787,
    fresh: Annotated[bool, typer.Option("--fresh", help="Forget what was made here.")] = False,
    real_providers: Annotated[
        bool, typer.Option("--real-providers", help="Use, and pay, the providers you have keys of.")
    ] = False,
) -> None:
    """Try the bot in a Discord of its own, on this machine: no account, no key, no network."""
    from bot import providers  # noqa: PLC0415 - as above
    from bot.sandbox.run import run_sandbox  # noqa: PLC0415 - as above

    work = run_sandbox(
        _settings(),
        port=port,
        is_fresh=fresh,
        stop_signal=_stop_signal,
        uses_real_providers=real_providers,
        key_names=[one.key_env for one in providers.find_all() if one.key_env],
    )
    _finish(work)


@cli.command()
def check() -> None:
    """Check settings, database, providers and token, and say how to mend what is wrong."""
    from cogs._check import check_all  # noqa: PLC0415 - as above

    if not asyncio.run(check_all(_settings())):
        raise typer.Exit(EXIT_MISCONFIGURED)


@ledger_cli.command()
def verify() -> None:
    """Recompute every balance from its entries; exit 1 and say so when anything is wrong."""
    from bot.books import verify_ledger  # noqa: PLC0415 - as above

    wrong = _finish(verify_ledger(_settings()))
    for line in wrong:
        typer.echo(line)
    if wrong:
        raise typer.Exit(1)
    typer.echo("The ledger verifies: balances match their entries and sum to zero.")


@ledger_cli.command()
def export(
    file: Annotated[str, typer.Argument(help="Where to write; - is the standard output.")],
) -> None:
    """Write every entry as CSV: ids, kinds, amounts, keys, jobs and moments, but no names."""
    from bot.books import export_ledger  # noqa: PLC0415 - as above

    if file == "-":
        _finish(export_ledger(_settings(), sys.stdout))
        return
    part = Path(f"{file}.part")
    try:
        # The line ends are CSV's own.
        with part.open("w", encoding="utf-8", newline="") as target:
            count = _finish(export_ledger(_settings(), target))
        # Only now, so that an export that breaks leaves an earlier one as it is.
        part.replace(file)
    except OSError as error:
        _refuse(f"{file}: cannot write there: {error.strerror}")
    finally:
        with suppress(OSError):
            part.unlink()
    typer.echo(f"{count} entries written to {file}.", err=True)


def _settings() -> "Settings":
    from bot import config  # noqa: PLC0415 - as above

    try:
        settings = config.load_settings()
    except config.StartError as error:
        _refuse(str(error))
    _set_up_logging(settings.log_level)
    return settings


def _finish(work: Coroutine[Any, Any, _T]) -> _T:
    """Run to the end; what the host must mend is one line and exit code 2, never a traceback."""
    from bot.config import StartError  # noqa: PLC0415 - as above

    try:
        return asyncio.run(work)
    except StartError as error:
        _refuse(str(error))


def _refuse(line: str) -> NoReturn:
    typer.echo(line, err=True)
    raise typer.Exit(EXIT_MISCONFIGURED)


def _stop_signal() -> asyncio.Event:
    """Return an event that SIGTERM or Ctrl-C sets."""
    event = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        with suppress(NotImplementedError):
            loop.add_signal_handler(number, event.set)
    return event


def _set_up_logging(level: str) -> None:
    """Send our events and the libraries' to stderr, one line each."""
    import structlog  # noqa: PLC0415 - as above

    logging.basicConfig(
        level=level, stream=sys.stderr, format="%(asctime)s %(levelname)s %(name)s %(message)s"
    )
    # Routine lines of libraries; what matters of them we log ourselves.
    for chatty in ("discord", "httpx", "httpcore", "alembic", "aiosqlite", "PIL"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso"),
            structlog.processors.format_exc_info,
            structlog.processors.KeyValueRenderer(
                key_order=["timestamp", "level", "event"], sort_keys=True
            ),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level]),
        logger_factory=structlog.WriteLoggerFactory(file=sys.stderr),
    )


if __name__ == "__main__":
    cli()
