"""The sandbox's own folder: held by one sandbox at a time, and all that `--fresh` deletes."""

import fcntl
import os
import shutil
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from bot.config import StartError

_LOCK = "sandbox.lock"
_BOTS_LOCK = Path("bot", "atelier.lock")


@contextmanager
def own_folder(data_dir: Path, *, is_fresh: bool) -> Generator[Path]:
    """Hold `DATA_DIR/sandbox`, emptied first if `is_fresh`.

    Raises:
        StartError: it cannot be used, or is in use; nothing was deleted.
    """
    folder = data_dir / "sandbox"
    if folder.is_symlink():
        raise StartError(f"DATA_DIR: {folder} is a link; the sandbox only uses a folder of its own")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = (folder / _LOCK).open("a+", encoding="utf-8")
    except OSError as error:
        raise StartError(f"DATA_DIR: cannot write to {folder}: {error.strerror}") from None
    with lock:
        _hold(lock, folder)
        _check_no_bot(folder)
        if is_fresh:
            _empty(folder)
        yield folder


def _hold(lock: IO[str], folder: Path) -> None:
    """Lock the folder for as long as the process lives, however it dies."""
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.seek(0)
        raise StartError(
            f"DATA_DIR: another sandbox (process {lock.read().strip() or 'unknown'}) already runs "
            f"in {folder}; stop it first, or set DATA_DIR to another folder"
        ) from None
    lock.truncate(0)
    lock.write(str(os.getpid()))
    lock.flush()


def _check_no_bot(folder: Path) -> None:
    """Refuse while the bot of a killed sandbox still lives on what would be deleted."""
    path = folder / _BOTS_LOCK
    if not path.exists():
        return
    with path.open("r+b") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise StartError(
                f"DATA_DIR: the bot of an earlier sandbox still runs on {path.parent}; end its "
                "process first (main.py run)"
            ) from None


def _empty(folder: Path) -> None:
    """Delete everything but the lock we hold; a link goes, what it leads to stays."""
    try:
        for path in folder.iterdir():
            if path.name == _LOCK:
                continue
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            else:
                path.unlink()
    except OSError as error:
        raise StartError(f"DATA_DIR: cannot empty {folder}: {error.strerror}") from None
