"""ComfyUI: the owner's own machine. An endpoint is the name of a workflow template.

There is no key: the address stands in its place, as `COMFYUI_URL`. Templates are described in
`_comfy_workflows.py`. Source of the wire's shapes: server.py and execution.py of ComfyUI, 2026.
"""

import asyncio
import re
from collections.abc import AsyncGenerator, Mapping
from contextlib import AsyncExitStack, aclosing
from typing import Any
from uuid import uuid5

import structlog

from bot.errors import (
    BadKey,
    EndpointGone,
    ProviderDown,
    ProviderLost,
    SubmitUncertain,
)
from bot.providers._comfy_failures import log_node_errors
from bot.providers._comfy_line import Line, Lines
from bot.providers._comfy_pictures import take_pictures, type_of
from bot.providers._comfy_runs import NAME, Runs, name_of
from bot.providers._comfy_score import PREVIEW_EVERY_S, Score
from bot.providers._comfy_server import Server
from bot.providers._comfy_workflows import Workflow, load_workflows
from bot.providers._protocol import Handle, Inputs, Output, Progress, Setup

log = structlog.get_logger()

KEY_ENV = "COMFYUI_URL"
QUICKEST_S, SLOWEST_S = 0.5, 3.0
"""The pauses between two looks of a run that is only polled; they grow with the time waited."""

QUIET_S = 10.0
"""How long the WebSocket may say nothing before the run is looked at all the same."""

_REOPEN_AT_MOST_S = 60.0
_RUN_ID = re.compile(r"[A-Za-z0-9-]{1,64}")


def connect(
    setup: Setup, *, pace: float = 1.0, preview_every_s: float = PREVIEW_EVERY_S
) -> "ComfyUI":
    """Set up the adapter; no request is made. `pace` multiplies every pause.

    Raises:
        StartError: a workflow template is malformed.
    """
    return ComfyUI(setup, pace=pace, preview_every_s=preview_every_s)


class ComfyUI:
    """A ComfyUI server that is reached without a key."""

    def __init__(self, setup: Setup, *, pace: float, preview_every_s: float) -> None:
        assert setup.key is not None
        self._http = setup.http
        self._read_picture = setup.read_picture
        self._server = Server(setup.http, setup.key)
        self._runs = Runs(self._server)
        self._workflows = load_workflows(setup.settings.comfyui_workflows)
        self._pace = pace
        self._preview_every_s = preview_every_s
        self._lines = Lines()

    async def check(self) -> None:
        """Ask how the server is.

        Raises:
            BadKey: its address is malformed.
            ProviderDown: nobody answered, or something else did.
        """
        self._server.url("/")
        try:
            stats = await self._server.read("/system_stats")
        except ProviderLost as error:
            failure = str(error)
        else:
            if isinstance(stats.get("system"), dict):
                return
            failure = "something else than ComfyUI answers"
        raise ProviderDown(failure)

    async def upload(self, sha256: str) -> str:
        """Put a picture among the server's inputs; return the name it goes by there.

        Raises:
            BadKey, ProviderDown: it is not there.
            FileNotFoundError: it is not kept any more.
        """
        data = await self._read_picture(sha256)
        suffix, mime = type_of(data)
        return await self._server.put_picture(f"{sha256}.{suffix}", data, mime)

    async def submit(self, endpoint: str, inputs: Inputs, *, key: str) -> Handle:
        """Order one run; `post_once` lists the errors.

        Its progress is listened to before it is ordered, so that a quick one is not missed.
        """
        if endpoint not in self._workflows:
            log.error("a catalog route names no workflow that is there", workflow=endpoint)
            raise EndpointGone(f"there is no workflow {endpoint}")
        workflow = self._workflows[endpoint]
        handle = _handle(workflow, inputs, key)
        order = _order(workflow, inputs, handle)
        async with AsyncExitStack() as stack:
            line = self._line(handle)
            stack.push_async_callback(line.close)
            await line.open()
            answer = await self._server.order(order)
            run_id = _run_id_in(answer)
            # Older servers choose the id themselves, whatever was asked for.
            line.score.name(run_id)
            stack.pop_all()
        self._lines.keep(run_id, line)
        if answer.get("node_errors"):
            log_node_errors(answer)
        return {**handle, "prompt_id": run_id}

    async def find(self, endpoint: str, inputs: Inputs, *, key: str) -> Handle:
        """Find a run by the name it was ordered with.

        Raises:
            ProviderDown: the server has no such run.
            SubmitUncertain: its workflow is gone.
            ProviderLost: the server could not be asked.
        """
        if endpoint not in self._workflows:
            raise SubmitUncertain(f"there is no workflow {endpoint} any more")
        handle = _handle(self._workflows[endpoint], inputs, key)
        return {**handle, "prompt_id": await self._runs.find(handle["prompt_id"])}

    async def follow(self, handle: Handle) -> AsyncGenerator[Progress]:
        """Yield each change of the run until it is over; asking again resumes where it stands.

        Raises:
            ProviderRejected: it ended without pictures.
            ProviderLost: it could not be reached.
        """
        try:
            line = self._lines.take(handle["prompt_id"]) or self._line(handle)
        except BadKey as error:
            # The run may be reached again once the owner has mended the address.
            raise ProviderLost(str(error)) from None
        told: Progress | None = None
        try:
            async with aclosing(self._states(handle, line)) as states:
                async for progress in states:
                    if progress != told:
                        told = progress
                        yield progress
        finally:
            await line.close()

    async def fetch(self, handle: Handle) -> list[Output]:
        """Download every picture of a run that is over.

        Raises:
            ProviderRejected: it failed.
            ProviderLost: the server could not be reached just now.
        """
        look = await self._runs.look(handle["prompt_id"])
        if look.entry is None:
            raise ProviderLost("the run is not over yet")
        return await take_pictures(self._http, self._server, look.entry, handle)

    async def cancel(self, handle: Handle) -> None:
        """Stop the run, or take it out of the queue; a run that is over stays as it is.

        Raises:
            ProviderLost: the question did not arrive.
        """
        await self._runs.cancel(handle["prompt_id"])

    async def _states(self, handle: Handle, line: Line) -> AsyncGenerator[Progress]:
        """Yield where the run stands, whenever that may have changed."""
        loop = asyncio.get_running_loop()
        begun_at = reopen_at = loop.time()
        reopen_after_s = QUICKEST_S
        while True:
            line.score.forget_signs()
            look = await self._runs.look(handle["prompt_id"])
            if look.entry is not None:
                yield Progress(percent=100)
                return
            line.score.place(look.position)
            yield line.score.progress
            if not line.is_live and loop.time() >= reopen_at:
                reopen_at = loop.time() + reopen_after_s * self._pace
                reopen_after_s = min(_REOPEN_AT_MOST_S, reopen_after_s * 2)
                await line.open()
                if line.is_live:
                    # What happened meanwhile was told to nobody.
                    continue
            now = loop.time()
            quickest = now + QUICKEST_S * self._pace
            pause_s = QUIET_S if line.is_live else _pause_after(now - begun_at)
            until = now + pause_s * self._pace
            while not await line.news(until=until, queue_from=quickest):
                yield line.score.progress
            yield line.score.progress

    def _line(self, handle: Handle) -> Line:
        workflow = self._workflows.get(handle["endpoint"])
        score = Score(
            workflow.weights if workflow else {},
            run_id=handle["prompt_id"],
            preview_every_s=self._preview_every_s,
        )
        return Line(self._server.socket_url, handle["client_id"], score)


def _handle(workflow: Workflow, inputs: Inputs, key: str) -> Handle:
    """Build what follows from an attempt alone, so that a lost handle can be built again."""
    name = name_of(key, workflow.name, inputs)
    seed = inputs.get("seed", name.int % 2**32) if workflow.takes_seed else None
    return {
        "endpoint": workflow.name,
        "prompt_id": str(name),
        "client_id": uuid5(name, "client").hex,
        "output": workflow.output,
        "seed": seed,
    }


def _order(workflow: Workflow, inputs: Inputs, handle: Handle) -> dict[str, Any]:
    name = handle["prompt_id"]
    chosen = {"seed": handle["seed"]} if workflow.takes_seed else {}
    return {
        "prompt": workflow.filled({**inputs, **chosen}, file_name=f"atelier/{name}"),
        "prompt_id": name,
        "client_id": handle["client_id"],
        "extra_data": {NAME: name},
    }


def _run_id_in(answer: Mapping[str, Any]) -> str:
    run_id = answer.get("prompt_id")
    if not isinstance(run_id, str) or not _RUN_ID.fullmatch(run_id):
        raise SubmitUncertain("ComfyUI named no run")
    return run_id


def _pause_after(waited_s: float) -> float:
    return min(SLOWEST_S, max(QUICKEST_S, waited_s / 10))
