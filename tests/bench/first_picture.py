"""How long a newcomer waits: from a clean clone to the first picture on the page.

    python -m tests.bench.first_picture

Runs what the README says, in a clone of the last commit, with whatever the package cache holds.
"""

import asyncio
import subprocess
import tempfile
import time
from pathlib import Path

from tests.docs_images import DESKTOP, ROOT, chromium, imagine, opened, sandbox


async def measure(folder: Path) -> None:
    """Print how long each part takes."""
    start = time.perf_counter()
    clone = folder / "atelier"
    _run("git", "clone", "--quiet", str(ROOT), str(clone), cwd=folder)
    _run("python3", "-m", "venv", ".venv", cwd=clone)
    _run(".venv/bin/pip", "install", "--quiet", "--editable", ".", cwd=clone)
    installed = time.perf_counter()
    python = str(clone / ".venv/bin/python")
    async with sandbox(python, cwd=clone) as address, chromium() as browser:
        page = await opened(browser, address, DESKTOP)
        await imagine(page, "a red fox in the snow")
        done = time.perf_counter()
    print(f"clone and install: {installed - start:.0f} s")
    print(f"to the first picture on the page: {done - installed:.0f} s more")
    print(f"together: {done - start:.0f} s")


def _run(*command: str, cwd: Path) -> None:
    subprocess.run(command, cwd=cwd, check=True)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as name:
        asyncio.run(measure(Path(name)))
