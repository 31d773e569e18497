"""Every sentence about a person's own things: settings, presets, history, models, privacy."""

from collections.abc import Iterator, Sequence

import discord
from discord import app_commands

from bot.catalog import WORD_TASKS, Model, Offer, Task
from bot.services import (
    HistoryPage,
    Holdings,
    ModelPage,
    ModelSheet,
    PastJob,
    Preferences,
    Sample,
    SavedPreset,
)
from cogs._texts import beginning, credit_count, fitted, plain, price_each

# Settings. What stands for "as the command has it" in a select, which takes no empty value.

UNSET = "-"

_Choices = dict[str, tuple[str, str]]
"""What each value of a setting is called, and what is said about it."""

SETTINGS = (
    "**Your settings in this server**\n"
    "-# They count wherever you leave an option out, as far as the model takes them. "
    "A change counts at once."
)
RESET = "Reset everything"

THRESHOLDS = (0, 10, 25, 50, 100, 250, 500)
_RATIO_WORDS = {"1:1": "square", "16:9": "screen", "9:16": "phone", "3:2": "photo", "2:3": "poster"}


def setting_options(
    name: str, chosen: Preferences, *, models: Sequence[Model], ratios: Sequence[str]
) -> list[discord.SelectOption]:
    """Return what one setting can be; the present value is marked."""
    current = _shown(getattr(chosen, name))
    choices: _Choices = {**_CHOICES.get(name, {})}
    if name == "model":
        choices = {UNSET: ("Model: auto", "The best fitting one of those that can be had")}
        choices |= {one.name: _model_words(one) for one in models}
    elif name == "aspect_ratio":
        choices = {UNSET: ("Shape: as the model likes", "")}
        choices |= {one: (f"Shape: {one}", _RATIO_WORDS.get(one, "")) for one in ratios}
    if current not in choices:
        # Chosen once and not to be had just now.
        choices[current] = (f"{_NAMES.get(name, name)}: {current}", "not to be had just now")
    kept = [*list(choices)[:24], current]
    return [
        discord.SelectOption(
            value=value, label=label, description=about or None, default=value == current
        )
        for value, (label, about) in choices.items()
        if value in kept
    ]


def _shown(value: object) -> str:
    if value is None:
        return UNSET
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)


def _model_words(model: Model) -> tuple[str, str]:
    return f"Model: {model.title}", price_each(model, "imagine")


_NAMES = {"model": "Model", "aspect_ratio": "Shape", "confirm_above": "Ask above"}

_CHOICES: dict[str, _Choices] = {
    "count": {
        UNSET: ("Pictures: one", ""),
        **{str(count): (f"Pictures: {count}", "") for count in (2, 3, 4)},
    },
    "lane": {
        UNSET: ("Lane: fast", "Three of your jobs at once"),
        "relax": ("Lane: relax", "One after the other; the fast places stay free"),
    },
    "visibility": {
        UNSET: ("Pictures are public", "Everybody in the channel sees them"),
        "private": ("Pictures are private", "You alone see them; moderators can look them up"),
    },
    "notify": {
        "after a minute": ("Tell me after a minute", "A mention when you waited that long"),
        "always": ("Always tell me", "A mention under every finished job"),
        "never": ("Never tell me", ""),
    },
    "confirm_above": {
        UNSET: ("Never ask before spending", ""),
        **{
            str(amount): (f"Ask above {credit_count(amount)}", "Before anything dearer is made")
            for amount in THRESHOLDS
        },
    },
    "shares_buttons": {
        "yes": ("Others may press my buttons", "They pay for what they make"),
        "no": ("Only I press my buttons", ""),
    },
    "compact": {
        "no": ("All buttons under a picture", ""),
        "yes": ("Fewer buttons under a picture", ""),
    },
    "takes_gifts": {
        "yes": ("Others may give me credits", ""),
        "no": ("I take no gifts", ""),
    },
    "is_ranked": {
        "yes": ("I am on the leaderboards", ""),
        "no": ("Leave me out of the leaderboards", ""),
    },
}

# Presets.

NO_PRESETS = "You have no presets here yet. `/preset save` keeps the settings of one of your jobs."


def preset_saved(preset: SavedPreset) -> str:
    """Return what was kept."""
    return f"Saved: {preset_line(preset)}\nUse it with `/preset use`."


def preset_deleted(name: str) -> str:
    """Return what was removed."""
    return f"Deleted your preset “{plain(name, 40)}”."


def preset_line(preset: SavedPreset) -> str:
    """Return one preset as a line of a list."""
    return f"**{plain(preset.name, 40)}** · " + " · ".join(_preset_parts(preset))


def _preset_parts(preset: SavedPreset) -> Iterator[str]:
    yield preset.model
    if preset.prefix or preset.suffix:
        yield f"“{plain(preset.prefix, 60)} … {plain(preset.suffix, 60)}”"
    if preset.aspect_ratio:
        yield preset.aspect_ratio
    if preset.negative_prompt:
        yield f"without {plain(preset.negative_prompt, 40)}"
    if preset.steps is not None:
        yield f"{preset.steps} steps"
    if preset.guidance is not None:
        yield f"guidance {preset.guidance:g}"
    if preset.lora:
        yield f"LoRA {plain(preset.lora, 60)}"
    if preset.seed is not None:
        yield f"seed {preset.seed}"


def preset_choice(preset: SavedPreset) -> app_commands.Choice[str]:
    """Return a preset as an autocomplete entry."""
    return app_commands.Choice(name=preset.name, value=preset.name)


# History.

NEWER = "◀ Newer"
OLDER = "Older ▶"

_MARKS = {"done": "✅", "failed": "⚠️", "cancelled": "⏹️"}


def history(page: HistoryPage) -> str:
    """Return a page of the history."""
    looked = page.looked
    title = "Your favourites" if looked.is_favourite else "What you made"
    if looked.text:
        title += f" with “{plain(looked.text, 60)}”"
    lines = [past_line(job) for job in page.lines]
    return "\n".join([f"**{title}**", *(lines or [_nothing(page)])])


def _nothing(page: HistoryPage) -> str:
    if page.looked.text:
        return "There is nothing with these words."
    if page.looked.is_favourite:
        return "You have marked nothing here yet. ❤️ under a picture marks it."
    return "You have made nothing here yet. Try `/imagine`."


def past_line(job: PastJob) -> str:
    """Return one past job as a line: what, how many, by which model, for how much, and where."""
    pictures = f"{job.pictures} picture{'' if job.pictures == 1 else 's'}"
    parts = [
        f"{_MARKS[job.status]} **#{job.id}** {beginning(job.task, job.prompt, job.answer)}",
        "words" if job.task in WORD_TASKS else pictures,
        job.model_title,
        credit_count(job.charged) if job.is_own else f"by <@{job.user_id}>",
    ]
    if job.message_id is not None:
        address = f"{job.server_id}/{job.channel_id}/{job.message_id}"
        parts.append(f"[go there](https://discord.com/channels/{address})")
    if job.marks:
        parts.append(f"❤️ {job.marks}")
    return " · ".join(parts)


# Models.

TASKS: dict[Task, str] = {
    "imagine": "Pictures from words",
    "vary": "Variations of a picture",
    "edit": "Changed as you say",
    "fill": "Painted anew in part",
    "upscale": "Larger",
    "cutout": "Without background",
    "blend": "One picture of several",
    "describe": "Words for a picture",
    "enhance": "Better words",
}


def model_option(model: Model, task: Task, *, is_chosen: bool) -> discord.SelectOption:
    """Return a model as an entry of the browser's select."""
    return discord.SelectOption(
        value=model.name,
        label=model.title,
        description=price_each(model, task),
        default=is_chosen,
    )


def model_sheet(sheet: ModelSheet) -> str:
    """Return all about a model."""
    model = sheet.model
    return "\n".join(
        [
            f"## {model.title}",
            f"-# {TASKS[sheet.task]} · `{model.name}` · {model.label}",
            model.description,
            f"**Price** {price_each(model, sheet.task)}",
            f"**You may set** {', '.join(_settings(sheet.offer)) or 'nothing more'}",
            f"**Served by** {', '.join(sheet.providers)}",
            f"**Usually takes** {_usual(sheet.usual_s)}",
        ]
    )


def _usual(seconds: float | None) -> str:
    return "no figures yet" if seconds is None else f"{seconds:.1f} s"


def _settings(offer: Offer) -> Iterator[str]:
    if offer.max_count > 1:
        yield f"up to {offer.max_count} pictures"
    if offer.sizes:
        yield f"shape ({', '.join(offer.sizes)})"
    for name in offer.takes.names():
        limits = getattr(offer.takes, name)
        words = name.replace("_", " ")
        yield words if limits is True else f"{words} {limits.low:g}-{limits.high:g}"
    if offer.quality_steps:
        yield f"quality ({', '.join(offer.quality_steps)})"


def no_models(query: str) -> str:
    """Return what is said when no model has these words."""
    return f"No model that can be had has “{plain(query, 60)}” in its name. Try fewer words."


def model_page(page: ModelPage) -> str:
    """Return which models a page lists."""
    words = f" with “{plain(page.query, 60)}”" if page.query else ""
    return f"-# Models{words}, page {page.number + 1} of {page.count}"


def sample_words(sample: Sample) -> str:
    """Return what stands under an example."""
    return f"-# Job #{sample.job_id} by <@{sample.user_id}>: {plain(sample.prompt, 200)}"


MODELS_BEFORE = "◀ Before"
MODELS_AFTER = "After ▶"
NO_SAMPLE = "-# Nobody here has made anything public with it that can be shown as an example."


def sample_alt_text(sample: Sample) -> str:
    """Return an example's words for those who do not see it."""
    return f"An example: {sample.prompt}"[:1000]


# Privacy.

EXPORT = (
    "Everything that is stored about you in this server. The pictures themselves are in the "
    "messages that show them."
)
FORGET = "Delete it all"
FORGET_OVER = "That was more than ten minutes ago, so nothing was deleted. Run the command again."
NOTHING_TO_FORGET = "Nothing of yours is stored here, except what the ledger needs."

_FORGET_STAYS = """\
**What stays:** your credits and the ledger with its job numbers and amounts; what moderators \
noted; pictures that somebody else took or went on from.
**What we cannot take back:** messages already posted are Discord's, so delete those yourself. \
Providers keep what their own rules say."""


def forget(holdings: Holdings) -> str:
    """Return what deleting will do, before it is done."""
    return (
        "**Delete what is stored about you in this server?**\n"
        f"This empties {_holdings(holdings)}, your settings, your streak and the words of your "
        "gifts, reports and appeals. The buttons under those jobs "
        "stop working, and their picture files are erased within a month. "
        f"It cannot be undone.\n{_FORGET_STAYS}"
    )


def forgotten(holdings: Holdings) -> str:
    """Return what was deleted."""
    if holdings == Holdings():
        return NOTHING_TO_FORGET
    return (
        f"**Deleted:** {_holdings(holdings)}, your settings and your streak. Picture files are "
        f"erased within a month.\n{_FORGET_STAYS}"
    )


def _holdings(holdings: Holdings) -> str:
    counted = {
        "job": holdings.jobs,
        "picture": holdings.pictures,
        "preset": holdings.presets,
        "favourite": holdings.favourites,
    }
    return ", ".join(
        f"{count:,} {name}{'' if count == 1 else 's'}" for name, count in counted.items()
    )


def preset_list(presets: Sequence[SavedPreset]) -> str:
    """Return a person's presets."""
    return fitted([preset_line(preset) for preset in presets]) or NO_PRESETS
