"""Every sentence a person reads, in one place, ready for translation."""

import re
from collections.abc import Iterable, Sequence
from datetime import datetime

import discord
from discord import app_commands

from bot.catalog import WORD_TASKS, Model, Task
from bot.services import SHOWN_ONLY, Address, JobView, Quote
from bot.services.progress import EXACT_BELOW

PROMPT_SHOWN = 1500
PROMPT_ABOVE_WORDS = 250
ANSWER_FITS = 3100
"""Characters, with all that keeps them from formatting anything."""

ALT_TEXT_SHOWN = 1000

ALREADY_UNDER_WAY = "That is under way already: {link}"
ALREADY_THERE = "That picture is here already: {link}"
BROKEN = "Something broke on our side (ref {ref}). Look at `/jobs` before you try again."
CANCEL_ASKED = "Stopping job #{job_id}. If it finishes all the same, you get it and pay for it."
NO_JOBS = "You have made nothing here yet. Try `/imagine`."
CHECKING_PICTURE = "Checking your picture…"
CHECKING_PICTURES = "Checking your pictures…"
YES = "Yes, {price:,} credits"
NO = "No"
CONFIRMED = "On their way."
DEARER = "It costs more by now, so here is another question."
DROPPED = "Nothing was made."
MARKED = "❤️ It is among your favourites. `/history` finds it."
UNMARKED = "It is not among your favourites any more."
SENT = "It is in your direct messages."
WHICH_PICTURE = "Which picture?"
REMIX_TITLE = "Remix"
REMIX_PROMPT = "What to draw instead"
REMOVE_BACKGROUND = "Remove background"

_PUNCTUATION = re.compile(r"([\\*_~`|<>\[\]#@])")


def plain(text: str, limit: int = PROMPT_SHOWN) -> str:
    """Return a person's text as one line that formats nothing and mentions nobody."""
    line = " ".join(text.split())
    if len(line) > limit:
        line = line[: limit - 1].rstrip() + "…"
    return _PUNCTUATION.sub(r"\\\1", line)


def credit_count(amount: int) -> str:
    """Return `1 credit`, `1,200 credits`."""
    return f"{amount:,} credit{'' if amount == 1 else 's'}"


def usd(usd_micros: int) -> str:
    """Return `1.20 USD`; below a dollar up to four decimals, where cents do not tell."""
    digits = 2 if usd_micros >= 1_000_000 else 4  # noqa: PLR2004 - a dollar
    whole, _, part = f"{usd_micros / 1_000_000:,.{digits}f}".partition(".")
    return f"{whole}.{part.rstrip('0').ljust(2, '0')} USD"


def ago(moment: datetime) -> str:
    """Return a moment as Discord's live relative time, in each reader's own words."""
    return discord.utils.format_dt(moment, "R")


def info(view: JobView) -> str:
    """Return everything worth knowing about a job."""
    lines = [
        f"**Job #{view.id}** by <@{view.user_id}> · {ago(view.created_at)}",
        f"Words: {plain(view.prompt, 600) or 'none'}",
    ]
    if view.negative_prompt:
        lines.append(f"Without: {plain(view.negative_prompt, 300)}")
    by = f" by {view.provider}" if view.provider else ""
    lines.append(f"{view.model_title}{by}" + (f" · seed {view.seed}" if view.seed else ""))
    lines += [f"{name}: {_setting(value)}" for name, value in view.settings.items()]
    lines += [
        f"Picture {one.number}: {one.width}×{one.height}, {one.size_bytes / 1e6:.1f} MB"
        for one in view.pictures
    ]
    if view.answer:
        lines.append(f"It gave: {plain(view.answer, 600)}")
    if view.parent_id is not None:
        lines.append(f"From job #{view.parent_id}")
    lines.append(f"{credit_count(view.charged)} · {view.label}")
    return fitted(lines)


def _setting(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else plain(str(value), 100)


def link(server_id: int, address: Address) -> str:
    """Return a link to a job's card, or words for a card that is not known yet."""
    if address.message_id is None:
        return "it is just being posted."
    return f"https://discord.com/channels/{server_id}/{address.channel_id}/{address.message_id}"


# Failures: how a job that was accepted ended without pictures.

_FAILURES = {
    "cancelled": "Stopped.",
    "rejected": "The provider refused it: {text}",
    "moderated": "The provider's safety filter refused it. Try other words or another picture.",
    "withheld": "The provider's safety filter withheld the picture.",
    "too_large": "It is signed, so it must not be made smaller, and it is larger than fits here. "
    "`/show {job_id}` brings it where larger files fit.",
    "input_gone": "The picture it starts from is not kept any more.",
    "unavailable": "No provider could take it just now.",
    "uncertain": "The provider's answer was lost, so we cannot tell whether it ran.",
    "timeout": "It took too long, so we gave up waiting.",
    "no_pictures": "The provider sent no usable picture.",
    "no_words": "The provider sent no words.",
    "undeliverable": "It is done, but could not be posted. `/show {job_id}` brings it.",
    "removed": "Moderators removed the picture that it is made of.",
    "internal": "Something broke on our side (ref {job_id}).",
}


def failure(view: JobView) -> str:
    """Return how a job failed and what became of the credits."""
    is_hidden = view.failure == "withheld" and view.pictures
    reason = (HIDDEN if is_hidden else _FAILURES[view.failure or "internal"]).format(
        text=plain(view.failure_text or "no reason given", 300), job_id=view.id
    )
    charged = view.price // view.count * view.withheld_paid
    if charged:
        reason += f" {TOO_OFTEN.format(charged=credit_count(charged))}"
    back = view.price - charged
    return f"{reason} {credit_count(back)} given back." if back else reason


HIDDEN = (
    "This is for adults, so it may not appear here. `/show {job_id}` brings it in an "
    "age-restricted channel."
)
TOO_OFTEN = (
    "That is more than is given back in a day: {charged} charged, and you can ask again in "
    "ten minutes."
)


def hidden(view: JobView, count: int) -> str:
    """Return why some of a job's pictures are not there."""
    what = "picture is" if count == 1 else "pictures are"
    return (
        f"-# {count} {what} for adults and may not appear here. `/show {view.id}` brings "
        f"{'it' if count == 1 else 'them'} in an age-restricted channel."
    )


# Cards.


_TASKS: dict[Task, str] = {
    "imagine": "A picture",
    "vary": "Variations",
    "edit": "An edit",
    "fill": "A new part",
    "upscale": "Larger",
    "cutout": "Background removed",
    "blend": "A blend",
    "describe": "A description",
    "enhance": "Better words",
}

_DOINGS: dict[Task, str] = {"describe": "Looking at it", "enhance": "Writing"}
"""What goes on when nothing is drawn."""

PREVIEW = "What the picture looks like by now"
DESCRIBED = "The picture that these words describe"


def headline(view: JobView) -> str:
    """Return the words, or what was done without any, and who asked."""
    # Above words that were made of them, the beginning will do: both must fit into a message.
    shown = PROMPT_ABOVE_WORDS if view.task in WORD_TASKS else PROMPT_SHOWN
    return f"**{plain(view.prompt, shown) or _TASKS[view.task]}**\n-# by <@{view.user_id}>"


def beginning(task: Task, prompt: str, answer: str | None) -> str:
    """Return the beginning of what a job was asked, or of the words that it gave."""
    return plain(answer or prompt, 80) or _TASKS[task]


def bringing(view: JobView) -> str | None:
    """Return what is only being shown again; None where something is being made."""
    if view.action == "pick":
        return f"Bringing picture {view.parent_picture} of job #{view.parent_id}…"
    if view.action == "reuse":
        return f"Bringing what was made before as job #{view.parent_id}…"
    return None


def progress(view: JobView) -> str:
    """Return where a job stands."""
    if view.is_cancel_requested:
        return "Stopping…"
    if view.status == "queued":
        return f"Waiting · {view.ahead} ahead of it" if view.ahead else "Starting…"
    since = f" · started {ago(view.started_at)}" if view.started_at else ""
    if view.ahead:
        ahead = f"{view.ahead}{'+' if view.ahead >= EXACT_BELOW else ''}"
        return f"In the provider's queue · {ahead} ahead{since}"
    if view.percent is not None:
        return f"{_bar(view.percent)} {view.percent} %{since}"
    return f"{_DOINGS.get(view.task, 'Drawing')}{since}"


def _bar(percent: int) -> str:
    filled = round(percent / 10)
    return "▰" * filled + "▱" * (10 - filled)


def plan(view: JobView) -> str:
    """Return what was asked for and what it will cost."""
    what = f"{view.count} picture{'' if view.count == 1 else 's'}"
    what = "words" if view.task in WORD_TASKS else what
    return f"-# {view.model_title} · {what} · {credit_count(view.price)} · job #{view.id}"


def names_job(line: str, job_id: int) -> bool:
    """Tell whether a line of a card is the one that ends with this job's number."""
    return line.endswith(f"· job #{job_id}")


def facts(view: JobView, *, shown: int) -> str:
    """Return what was made, by whom and for how much; `shown` pictures are paid for."""
    parts = [view.model_title]
    if view.provider and view.provider != "painter":
        parts.append(f"by {view.provider}")
    if view.rerouted_from:
        parts.append(f"rerouted from {view.rerouted_from}")
    if view.seed is not None and view.pictures:
        parts.append(f"seed {view.seed}")
    parts += [f"{first.width}×{first.height}" for first in view.pictures[:1]]
    if view.action == "reuse":
        parts.append(f"made before as job #{view.parent_id}")
    elif view.parent_picture is not None:
        made_by = _MADE_BY.get(view.action, "from ")
        parts.append(f"{made_by}picture {view.parent_picture} of job #{view.parent_id}")
    elif view.action in _MADE_OF:
        parts.append(f"{_MADE_OF[view.action]} of job #{view.parent_id}")
    # What could not be delivered at first was given back, and is shown all the same.
    is_free = view.action in SHOWN_ONLY or view.failure is not None
    parts += ["free"] if is_free else _cost_parts(view, shown)
    return "-# " + " · ".join([*parts, f"job #{view.id}"])


def elsewhere(view: JobView) -> str:
    """Return what made a picture, and where it was asked for."""
    return f"-# {view.model_title} · {link(view.server_id, view.address)} · job #{view.id}"


def answer(view: JobView) -> str:
    """Return the words that a job gave, as a quotation."""
    lines = (view.answer or "").splitlines()
    return fitted([f"> {plain(line)}" for line in lines if line.strip()], ANSWER_FITS)


_MADE_OF = {"draw": "from the words", "final": "renders anew a draft"}
_MADE_BY = {
    "pick": "",
    "final": "renders anew ",
    "vary": "varies ",
    "vary_subtle": "varies subtly ",
    "vary_strong": "varies strongly ",
    "up_subtle": "enlarges ",
    "up_creative": "enlarges creatively ",
    "zoom_out": "zooms out of ",
    "pan_left": "pans left from ",
    "pan_right": "pans right from ",
    "pan_up": "pans up from ",
    "pan_down": "pans down from ",
    "square": "squares ",
}


def _cost_parts(view: JobView, shown: int) -> list[str]:
    parts: list[str] = []
    if view.started_at:
        end = view.finished_at or discord.utils.utcnow()
        parts.append(f"{(end - view.started_at).total_seconds():.1f} s")
    unit, paid = view.price // view.count, view.withheld_paid
    parts.append(credit_count(unit * (shown + paid)))
    if shown < view.count:
        parts.append(f"{shown} of {view.count} pictures")
    if view.withheld:
        parts.append(f"{view.withheld} withheld")
    if shown + paid < view.count:
        parts[-1] += f", {credit_count(unit * (view.count - shown - paid))} given back"
    if paid and unit:
        parts.append(TOO_OFTEN.format(charged=credit_count(unit * paid)))
    return parts


def ready(view: JobView) -> str:
    """Return what a person who waited is told."""
    what = "is ready" if view.failure is None else "came to nothing"
    return f"<@{view.user_id}> Your job #{view.id} {what}."


_PRICED = {
    "Imagine": ("draw",),
    "V": ("vary",),
    "Upscale": ("up_subtle", "up_creative"),
    "Vary": ("vary_subtle", "vary_strong"),
    "Zoom": ("zoom_out",),
    "Pan": ("pan_left", "pan_right", "pan_up", "pan_down"),
    "Square": ("square",),
    "Reroll": ("reroll",),
    "Remix": ("remix",),
    "Final": ("final",),
    "Retry": ("retry",),
    "Elsewhere": ("elsewhere",),
}


def prices(view: JobView) -> str:
    """Return what each kind of button costs, in credits."""
    parts = ["U free"] if len(view.pictures) > 1 else []
    hidden = ("reroll",) if view.failure else ()
    for name, actions in _PRICED.items():
        if actions == hidden:
            continue
        found = sorted({view.prices[action] for action in actions if action in view.prices})
        if found:
            parts.append(f"{name} {found[0]:,}" + (f"-{found[-1]:,}" if len(found) > 1 else ""))
    return " · ".join(parts)


def alt_text(view: JobView, number: int) -> str:
    """Return a picture's words for those who do not see it."""
    if view.answer is not None:
        return DESCRIBED
    which = f"Picture {number} of {len(view.pictures)}: " if len(view.pictures) > 1 else ""
    return f"{which}{view.prompt or _TASKS[view.task]}"[:ALT_TEXT_SHOWN]


# Private answers.


def quote(priced: Quote) -> str:
    """Return what a wish would cost."""
    pictures = f"{priced.count} × {priced.unit_price:,}"
    shape = priced.inputs.get("aspect_ratio", "from your picture")
    return (
        f"**{priced.model.title}**, {shape}: {pictures} = "
        f"**{credit_count(priced.price)}**. You pay only for pictures you receive."
    )


def quotes(priced: Sequence[Quote]) -> str:
    """Return what a wish would cost, one line for each job that its lists make of it."""
    lines = [quote(one) for one in priced]
    if len(lines) > 1:
        total = sum(one.price for one in priced)
        lines.append(f"{len(lines)} jobs, **{credit_count(total)}** together.")
    return fitted(lines)


_MARKS = {"done": "✅", "failed": "⚠️", "cancelled": "⏹️"}


def job_line(view: JobView) -> str:
    """Return one job as a line of a list."""
    prompt = beginning(view.task, view.prompt, view.answer)
    if not view.is_final:
        return f"⏳ **#{view.id}** {prompt} · {progress(view)}"
    where = f" · {link(view.server_id, view.address)}" if view.address.message_id else ""
    return f"{_MARKS[view.status]} **#{view.id}** {prompt} · {view.charged:,} credits{where}"


def fitted(lines: Sequence[str], limit: int = 2000) -> str:
    """Return as many lines as one message holds."""
    text = ""
    for line in lines:
        if len(text) + len(line) + 1 > limit:
            break
        text += line + "\n"
    return text.rstrip()


def model_choice(model: Model, task: Task) -> app_commands.Choice[str]:
    """Return a model as an autocomplete entry, with its price."""
    name = f"{model.title} · {price_each(model, task)}"
    return app_commands.Choice(name=name[:100], value=model.name)


def model_choices(models: Iterable[Model], task: Task) -> list[app_commands.Choice[str]]:
    """Return models as autocomplete entries."""
    return [model_choice(model, task) for model in models]


def removal_choice(model: Model) -> app_commands.Choice[str]:
    """Return the removal of a background, by a model, as an autocomplete entry."""
    name = f"{REMOVE_BACKGROUND} · {price_each(model, 'cutout')}"
    return app_commands.Choice(name=name[:100], value=REMOVE_BACKGROUND)


def price_each(model: Model, task: Task) -> str:
    """Return what a model takes for one picture, a million pixels of one, or words."""
    offer = model.tasks[task]
    return f"{credit_count(offer.price)} {per_unit(task, offer.unit)}"


def per_unit(task: Task, unit: str) -> str:
    """Return what a price is for: `a picture`, `a megapixel`, or `each` of words."""
    return "each" if task in WORD_TASKS else f"a {unit}"


def job_choice(view: JobView) -> app_commands.Choice[str]:
    """Return a job as an autocomplete entry."""
    return app_commands.Choice(
        name=f"#{view.id} {view.answer or view.prompt or _TASKS[view.task]}"[:100],
        value=str(view.id),
    )
