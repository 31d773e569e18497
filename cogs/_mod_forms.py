"""The forms of moderation. Like every form they say in `custom_id` what they are about."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, cast

import discord
from discord import ui

from bot.services import LONGEST_APPEAL, LONGEST_NOTE, LONGEST_OUTCOME, LONGEST_REASON
from cogs import _mod_texts as texts
from cogs._forms import FORGOTTEN_AFTER_S

_FORM = re.compile(r"v1:modform:([a-z]{3,8}):([0-9]{1,18}):([0-9]):[0-9]{1,20}")


def report_form(job_id: int, number: int, user_id: int) -> ui.Modal:
    """Return the form that asks what is wrong with a picture."""
    form = _form(texts.REPORT_TITLE, "report", job_id, user_id, number=number)
    _add_select(form, texts.REPORT_REASON, "reason", texts.REASONS)
    _add_text(form, texts.REPORT_NOTE, "note", LONGEST_NOTE, is_required=False)
    return form


def penalty_form(action: str, report_id: int, user_id: int) -> ui.Modal:
    """Return the form that asks staff how to warn, suspend or ban who made a picture."""
    form = _form(texts.FORM_TITLES[action], action, report_id, user_id)
    _add_text(form, texts.FORM_REASON, "reason", LONGEST_REASON)
    if action == "suspend":
        _add_line(form, texts.FORM_DURATION, "duration", "1d")
    if action == "ban":
        _add_line(form, f"{texts.FORM_DURATION}; empty for good", "duration", "")
    _add_select(form, texts.FORM_PICTURE, "picture", texts.PICTURE, chosen="remove")
    return form


def removal_form(report_id: int, user_id: int) -> ui.Modal:
    """Return the form that asks staff why a picture goes, and what becomes of its credits."""
    form = _form(texts.FORM_REMOVE, "remove", report_id, user_id)
    _add_text(form, texts.FORM_WHY, "reason", LONGEST_REASON, is_required=False)
    choices = {value: words for value, words in texts.PICTURE.items() if value != "keep"}
    _add_select(form, texts.FORM_PICTURE, "picture", choices, chosen="remove")
    return form


def appeal_form(sanction_id: int, user_id: int) -> ui.Modal:
    """Return the form that asks a person why staff should think again."""
    form = _form(texts.APPEAL_TITLE, "appeal", sanction_id, user_id)
    _add_text(form, texts.APPEAL_WORDS, "words", LONGEST_APPEAL)
    return form


def answer_form(action: str, sanction_id: int, user_id: int) -> ui.Modal:
    """Return the form that asks staff what the person is told with their answer to an appeal."""
    form = _form(texts.ANSWER_TITLES[action], action, sanction_id, user_id)
    _add_text(form, texts.ANSWER_WORDS, "words", LONGEST_OUTCOME, is_required=False)
    return form


def read_form(
    interaction: discord.Interaction[Any],
) -> tuple[str, int, int, Mapping[str, str]] | None:
    """Return what a form that was sent is: action, id, number and fields; None for other forms."""
    data = cast("Mapping[str, Any]", interaction.data or {})
    match = _FORM.fullmatch(str(data.get("custom_id")))
    if match is None:
        return None
    return match[1], int(match[2]), int(match[3]), dict(_fields(data))


def _fields(part: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield the name and value of every field, however they are nested."""
    if "value" in part:
        yield part["custom_id"], str(part["value"])
    elif "values" in part:
        yield part["custom_id"], str(next(iter(part["values"]), ""))
    inner = part.get("components") or [part.get("component")]
    for one in inner:
        if one:
            yield from _fields(one)


def _form(title: str, action: str, about_id: int, user_id: int, *, number: int = 0) -> ui.Modal:
    return ui.Modal(
        title=title,
        custom_id=f"v1:modform:{action}:{about_id}:{number}:{user_id}",
        timeout=FORGOTTEN_AFTER_S,
    )


def _add_text(
    form: ui.Modal, label: str, name: str, longest: int, *, is_required: bool = True
) -> None:
    field = ui.TextInput[Any](
        custom_id=name,
        style=discord.TextStyle.paragraph,
        max_length=longest,
        required=is_required,
    )
    form.add_item(ui.Label(text=label, component=field))


def _add_line(form: ui.Modal, label: str, name: str, default: str) -> None:
    field = ui.TextInput[Any](
        custom_id=name, default=default or None, max_length=20, required=bool(default)
    )
    form.add_item(ui.Label(text=label, component=field))


def _add_select(
    form: ui.Modal, label: str, name: str, choices: Mapping[str, str], *, chosen: str = ""
) -> None:
    options = [
        discord.SelectOption(value=value, label=words, default=value == chosen)
        for value, words in choices.items()
    ]
    select = ui.Select[Any](custom_id=name, options=options)
    form.add_item(ui.Label(text=label, component=select))
