"""What can be done next with a job: each button's name, and the wish that a press comes down to."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any

from bot.catalog import AUTO, Preset, Task
from bot.errors import UserError
from bot.jobs import Job, Picture
from bot.services.quoting import Quote, Quoting
from bot.services.requests import ImageWish, Source

SAME_AGAIN = ("reroll", "retry", "elsewhere", "remix", "final")
"""These repeat the job itself; the others start from one of its pictures."""


@dataclass(frozen=True)
class Followup:
    """One thing to do with a picture: the task, and how it is meant."""

    task: Task
    preset: Preset | None = None
    frame: str | None = None

    @property
    def makes_one(self) -> bool:
        """Whether it makes one picture, not as many as the job it starts from."""
        return self.task != "vary"


FOLLOWUPS: Mapping[str, Followup] = {
    "vary": Followup("vary", preset="normal"),
    "vary_subtle": Followup("vary", preset="subtle"),
    "vary_strong": Followup("vary", preset="strong"),
    "up_subtle": Followup("upscale", preset="subtle"),
    "up_creative": Followup("upscale", preset="creative"),
    "zoom_out": Followup("fill", frame="zoom_out"),
    "pan_left": Followup("fill", frame="pan_left"),
    "pan_right": Followup("fill", frame="pan_right"),
    "pan_up": Followup("fill", frame="pan_up"),
    "pan_down": Followup("fill", frame="pan_down"),
    "square": Followup("fill", frame="square"),
}


def same_again(job: Job) -> ImageWish:
    """Return the wish that a job was made from, seed included."""
    inputs = job.inputs
    return ImageWish(
        prompt=inputs["prompt"],
        model=job.model,
        task=job.task,
        aspect_ratio=inputs.get("aspect_ratio"),
        count=inputs.get("count", job.count),
        negative_prompt=inputs.get("negative_prompt"),
        seed=inputs.get("seed"),
        image=_source(inputs.get("image")),
        mask=_source(inputs.get("mask")),
        frame=inputs.get("frame"),
        preset=inputs.get("preset"),
        strength=inputs.get("strength"),
        scale=inputs.get("scale"),
        steps=inputs.get("steps"),
        guidance=inputs.get("guidance"),
        lora=_lora_in(inputs),
        lane=job.lane,
        said=tuple(name for name in ("seed",) if name in inputs.get("insists", ())),
    )


def final_of(job: Job, picture: Picture) -> ImageWish:
    """Return the wish for a draft's picture, made as well as can be: same words, seed and ratio."""
    inputs = job.inputs
    return ImageWish(
        prompt=inputs["prompt"],
        task=job.task,
        aspect_ratio=inputs.get("aspect_ratio"),
        image=_source(inputs.get("image")),
        seed=inputs.get("seed", picture.seed),
        quality="high",
        lane=job.lane,
    )


def from_picture(job: Job, picture: Picture, action: str, quoting: Quoting) -> ImageWish:
    """Return what a press of a picture's button asks for.

    By the job's own model where that does the task too, else by whichever is preferred.
    """
    followup = FOLLOWUPS[action]
    return ImageWish(
        prompt=job.inputs["prompt"],
        model=job.model if quoting.serves(job.model, followup.task) else AUTO,
        task=followup.task,
        count=1 if followup.makes_one else job.inputs.get("count", job.count),
        image=Source(picture.sha256, picture.width, picture.height),
        frame=followup.frame,
        preset=followup.preset,
        lane=job.lane,
    )


def prices(
    job: Job, pictures: tuple[Picture, ...], quoting: Quoting, *, tried: Collection[str] = ()
) -> dict[str, int]:
    """Return what each button of a finished job costs; one that nobody can serve is not there.

    `tried` are the providers that had a go at a job which failed.

    With several pictures, `vary` is the only one that starts from one of them.
    """
    wishes: dict[str, ImageWish] = {}
    if job.action != "pick":
        wishes["reroll"] = replace(same_again(job), seed=None)
    if job.failure:
        wishes["retry"] = same_again(job)
        if tried:
            wishes["elsewhere"] = replace(same_again(job), avoid=tuple(tried))
    elif pictures:
        wishes["remix"] = replace(same_again(job), seed=None)
        if job.inputs.get("quality") == "draft":
            wishes["final"] = final_of(job, pictures[0])
        offered = FOLLOWUPS if len(pictures) == 1 else ("vary",)
        wishes |= {name: from_picture(job, pictures[0], name, quoting) for name in offered}
        # On a single picture, subtle and strong say it better.
        if len(pictures) == 1:
            del wishes["vary"]
    found = {name: _quote(wish, quoting) for name, wish in wishes.items()}
    final = found.get("final")
    if final is not None and final.model.name == job.model:
        # The same model with the same seed would draw the same again.
        del found["final"]
    return {name: quote.price for name, quote in found.items() if quote is not None}


def _quote(wish: ImageWish, quoting: Quoting) -> Quote | None:
    try:
        return quoting.quote(wish)
    except UserError:
        return None


def _lora_in(inputs: Mapping[str, Any]) -> str | None:
    """Return a job's LoRA as people name it."""
    for lora in inputs.get("loras", ()):
        return f"{lora['path']} {lora['scale']:g}"
    for air, weight in inputs.get("air_loras", {}).items():
        return f"{air} {weight:g}"
    return None


def _source(found: Mapping[str, Any] | None) -> Source | None:
    return None if found is None else Source(**found)
