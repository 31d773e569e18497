"""Forms: what they ask for, and what happens when one is sent.

A form may be sent by a person whose bot was restarted meanwhile. So nothing of it is kept in
memory: `custom_id` says what it is about, and every submission passes through `submit`.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any, cast

import discord
from discord import ui

from cogs import _texts as texts
from cogs._answers import answer_follow_up
from cogs._doors import check_button
from cogs._errors import report

LONGEST_PROMPT = 4000

FORGOTTEN_AFTER_S = 15 * 60
"""The library keeps every form in memory until it is sent, and most are dismissed."""

_REMIX = re.compile(r"v1:remix:([0-9]{1,18}):[0-9]{1,20}")
_PROMPT = "prompt"


def remix_form(job_id: int, user_id: int, words: str) -> ui.Modal:
    """Return the form that asks one person for other words for a job."""
    form = ui.Modal(
        title=texts.REMIX_TITLE,
        custom_id=f"v1:remix:{job_id}:{user_id}",
        timeout=FORGOTTEN_AFTER_S,
    )
    field: ui.TextInput[Any] = ui.TextInput(
        custom_id=_PROMPT,
        style=discord.TextStyle.paragraph,
        default=words,
        max_length=LONGEST_PROMPT,
    )
    form.add_item(ui.Label(text=texts.REMIX_PROMPT, component=field))
    return form


async def submit(interaction: discord.Interaction[Any]) -> None:
    """Do what a form that was sent says; other forms are left alone."""
    data = cast("Mapping[str, Any]", interaction.data or {})
    match = _REMIX.fullmatch(str(data.get("custom_id")))
    if match is None:
        return
    prompt = dict(_fields(data))[_PROMPT]
    try:
        await check_button(interaction, "remix")
        await answer_follow_up(interaction, "remix", int(match[1]), 0, prompt=prompt)
    except Exception as error:  # noqa: BLE001 - handed to the one place that knows the words
        await report(interaction, error)


def _fields(part: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield the name and value of every field, however they are nested."""
    if "value" in part:
        yield part["custom_id"], part["value"]
    inner = part.get("components") or [part.get("component")]
    for one in inner:
        if one:
            yield from _fields(one)
