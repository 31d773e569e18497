"""What can be done next with a job: each button's name, and the wish that a press comes down to."""

from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

from bot.catalog import AUTO, WORD_TASKS, Preset, Task
from bot.errors import UserError
from bot.jobs import Job, Picture
from bot.services.prompts import wishes_from
from bot.services.quoting import Quote, Quoting
from bot.services.requests import ImageWish, Source

SAME_AGAIN = ("reroll", "retry", "elsewhere", "remix", "final", "draw")
"""These follow from the job itself; the others start from one of its pictures."""


_NUMBERS = ("strength", "scale", "steps", "guidance")


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
    chosen = _chosen_in(inputs)
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
        images=tuple(Source(**image) for image in inputs.get("images", ())),
        frame=inputs.get("frame"),
        preset=inputs.get("preset"),
        drawn_as=inputs.get("quality"),
        lora=_lora_in(inputs),
        lane=job.lane,
        said=tuple(name for name in ("seed",) if name in inputs.get("insists", ())),
        strength=chosen.get("strength"),
        scale=chosen.get("scale"),
        steps=chosen.get("steps"),
        guidance=chosen.get("guidance"),
    )


def _chosen_in(inputs: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the numbers that somebody chose; the others follow from preset and quality again."""
    return {name: inputs.get(name) for name in _NUMBERS if name in inputs.get("insists", _NUMBERS)}


def again(job: Job, action: str, prompt: str | None = None) -> ImageWish:
    """Return what `retry`, `reroll`, `remix` or `draw` asks for, with other words if there are any.

    A remix of words is a picture of what they were made into.
    """
    if action == "retry":
        return same_again(job)
    is_drawn = action == "draw" or (action == "remix" and job.task in WORD_TASKS)
    wish = drawn_from(job) if is_drawn else replace(same_again(job), seed=None)
    return wish if prompt is None else replace(wish, prompt=prompt)


def is_shown_anew(job: Job, action: str) -> bool:
    """Whether what follows need not be private because the job is.

    Better words are told in private, as they concern nobody else; their picture is like any other.
    """
    return job.task == "enhance" and action in ("draw", "remix")


def elsewhere(job: Job, tried: Collection[str]) -> ImageWish:
    """Return the wish for the same by none of the providers that had a go, now or before."""
    avoided = {*job.inputs.get("avoid", ()), *tried}
    return replace(same_again(job), avoid=tuple(sorted(avoided)))


def final_of(job: Job, picture: Picture) -> ImageWish:
    """Return the wish for a draft's picture, made as well as can be: same words, seed and ratio."""
    inputs = job.inputs
    return ImageWish(
        prompt=inputs["prompt"],
        task=job.task,
        aspect_ratio=inputs.get("aspect_ratio"),
        negative_prompt=inputs.get("negative_prompt"),
        image=_source(inputs.get("image")),
        strength=inputs["strength"] if "strength" in inputs.get("insists", ()) else None,
        seed=inputs.get("seed", picture.seed),
        quality="high",
        lane=job.lane,
        # It is what the picture is about: a model that takes none would draw another one.
        said=("seed",),
    )


def drawn_from(job: Job) -> ImageWish:
    """Return the wish for a picture of the words that a job gave, with the flags they have kept."""
    wish = ImageWish(prompt=job.answer or "", lane=job.lane)
    # What a machine wrote is words where it cannot be read as anything else.
    with suppress(UserError):
        return wishes_from(wish, limit=1)[0]
    return wish


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

    `tried` are the providers that had a go at a job which failed. With several pictures, `vary`
    is the only button that starts from one of them; on a single one, subtle and strong say it
    better.
    """
    wishes = _wishes_after(job, tried)
    if pictures and not job.failure:
        wishes |= _wishes_from(job, pictures, quoting)
    is_tame = "is_tame" in job.inputs
    found = {name: _quote(replace(wish, is_tame=is_tame), quoting) for name, wish in wishes.items()}
    final = found.get("final")
    if final is not None and final.model.name == job.model:
        # The same model with the same seed would draw the same again.
        del found["final"]
    return {name: quote.price for name, quote in found.items() if quote is not None}


def _wishes_after(job: Job, tried: Collection[str]) -> dict[str, ImageWish]:
    """Return what can follow from a job as a whole."""
    wishes: dict[str, ImageWish] = {}
    if job.answer:
        wishes["draw"] = drawn_from(job)
    if job.action != "pick":
        wishes["reroll"] = again(job, "reroll")
    if job.failure:
        wishes["retry"] = again(job, "retry")
        if tried:
            wishes["elsewhere"] = elsewhere(job, tried)
    return wishes


def _wishes_from(job: Job, pictures: tuple[Picture, ...], quoting: Quoting) -> dict[str, ImageWish]:
    """Return what can follow from the pictures of a job."""
    wishes = {"remix": again(job, "remix")}
    if job.inputs.get("quality") == "draft":
        wishes["final"] = final_of(job, pictures[0])
    offered = [name for name in FOLLOWUPS if (name == "vary") == (len(pictures) > 1)]
    return wishes | {name: from_picture(job, pictures[0], name, quoting) for name in offered}


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
