"""What Discord takes as components: in classic messages, Components V2 messages and forms.

Source: discord.com/developers/docs/components/reference.
"""

from collections.abc import Callable, Collection, Sequence
from enum import IntEnum

from bot.sandbox._body import Part


class Kind(IntEnum):
    """The wire numbers of the components."""

    ACTION_ROW = 1
    BUTTON = 2
    STRING_SELECT = 3
    TEXT_INPUT = 4
    USER_SELECT = 5
    ROLE_SELECT = 6
    MENTIONABLE_SELECT = 7
    CHANNEL_SELECT = 8
    SECTION = 9
    TEXT_DISPLAY = 10
    THUMBNAIL = 11
    MEDIA_GALLERY = 12
    FILE = 13
    SEPARATOR = 14
    CONTAINER = 17
    LABEL = 18
    FILE_UPLOAD = 19
    RADIO_GROUP = 21
    CHECKBOX_GROUP = 22
    CHECKBOX = 23


MAX_COMPONENTS = 40
MAX_DISPLAYED_TEXT = 4000
MAX_ALT_TEXT = 1024

_LINK = 5
_PREMIUM = 6
_LINK_SCHEMES = frozenset({"http", "https", "discord"})
_MEDIA_SCHEMES = frozenset({"http", "https", "attachment"})
_SELECTS = frozenset(
    {
        Kind.STRING_SELECT,
        Kind.USER_SELECT,
        Kind.ROLE_SELECT,
        Kind.MENTIONABLE_SELECT,
        Kind.CHANNEL_SELECT,
    }
)
_IN_CONTAINER = frozenset(
    {
        Kind.ACTION_ROW,
        Kind.SECTION,
        Kind.TEXT_DISPLAY,
        Kind.MEDIA_GALLERY,
        Kind.FILE,
        Kind.SEPARATOR,
    }
)
_IN_LABEL = _SELECTS | {
    Kind.TEXT_INPUT,
    Kind.FILE_UPLOAD,
    Kind.RADIO_GROUP,
    Kind.CHECKBOX_GROUP,
    Kind.CHECKBOX,
}


def check_classic(message: Part) -> None:
    """Check the components of a message that may also have content and embeds."""
    rows = message.parts("components", high=5)
    _check_each(rows, {Kind.ACTION_ROW})
    _check_custom_ids(rows)


def check_layout(message: Part) -> None:
    """Check the components of a Components V2 message."""
    layout = message.parts("components", high=MAX_COMPONENTS)
    _check_each(layout, _IN_CONTAINER | {Kind.CONTAINER})
    _check_custom_ids(layout)
    components = _all_of(layout)
    if len(components) > MAX_COMPONENTS:
        message.note(
            "COMPONENT_MAX_TOTAL_COMPONENTS_EXCEEDED",
            f"The total number of components cannot exceed {MAX_COMPONENTS}",
            at="components",
        )
    if sum(_displayed(component) for component in components) > MAX_DISPLAYED_TEXT:
        message.note(
            "COMPONENT_DISPLAYABLE_TEXT_SIZE_EXCEEDED",
            f"Components displayable text size exceeds maximum size of {MAX_DISPLAYED_TEXT}",
            at="components",
        )


def check_fields(modal: Part) -> None:
    """Check the components of a form: texts, labels with one field, old rows with a text input."""
    items = modal.parts("components", low=1, high=5)
    for item in items:
        if item.value.get("type") == Kind.ACTION_ROW:
            _check_old_row(item)
        else:
            _check_one(item, {Kind.LABEL, Kind.TEXT_DISPLAY})
    _check_custom_ids(items)


def check_url(
    owner: Part, key: str, schemes: Collection[str], *, low: int = 0, high: int = 2048
) -> None:
    """Check the length of a URL and where it leads; without `low` it may be left out."""
    url = owner.text(key, low=low, high=high)
    scheme = url.partition("://")[0].lower()
    if url and scheme not in schemes:
        allowed = ", ".join(f"'{name}'" for name in sorted(schemes))
        words = f'Scheme "{scheme}" is not supported. Scheme must be one of ({allowed}).'
        owner.note("URL_TYPE_INVALID_SCHEME", words, at=key)


def _check_each(components: Sequence[Part], allowed: Collection[Kind]) -> None:
    for component in components:
        _check_one(component, allowed)


def _check_one(component: Part, allowed: Collection[Kind]) -> None:
    kind = component.value.get("type")
    if isinstance(kind, int) and kind in allowed:
        _CHECKS[Kind(kind)](component)
        return
    choices = ", ".join(str(int(number)) for number in sorted(allowed))
    words = f'Value of field "type" must be one of ({choices}).'
    component.note("UNION_TYPE_CHOICES", words, at="type")


def _all_of(components: Sequence[Part]) -> list[Part]:
    objects = [part for component in components for part in (component, *component.below())]
    # Options, media and emoji have no numeric type.
    return [part for part in objects if isinstance(part.value.get("type"), int)]


def _displayed(component: Part) -> int:
    is_text = component.value["type"] == Kind.TEXT_DISPLAY
    return len(str(component.value.get("content", ""))) if is_text else 0


def _check_custom_ids(components: Sequence[Part]) -> None:
    seen: set[str] = set()
    for component in _all_of(components):
        custom_id = component.value.get("custom_id")
        if not isinstance(custom_id, str):
            continue
        if custom_id in seen:
            words = "Component custom id cannot be duplicated"
            component.note("COMPONENT_CUSTOM_ID_DUPLICATED", words, at="custom_id")
        seen.add(custom_id)


def _check_row(row: Part) -> None:
    children = row.parts("components", low=1, high=5)
    _check_each(children, _SELECTS | {Kind.BUTTON})
    # A select is as wide as five buttons.
    if len(children) > 1 and any(child.value.get("type") in _SELECTS for child in children):
        words = "The specified component exceeds the maximum width"
        row.note("COMPONENT_LAYOUT_WIDTH_EXCEEDED", words, at="components")


def _check_old_row(row: Part) -> None:
    for text_input in row.parts("components", low=1, high=1):
        _check_one(text_input, {Kind.TEXT_INPUT})
        text_input.text("label", low=1, high=45)


def _check_button(button: Part) -> None:
    style = button.one_of("style", range(1, _PREMIUM + 1))
    target = {_LINK: "url", _PREMIUM: "sku_id"}.get(style, "custom_id")
    for key, high in (("custom_id", 100), ("sku_id", 20)):
        button.text(key, low=int(key == target), high=high if key == target else 0)
    is_link = target == "url"
    check_url(button, "url", _LINK_SCHEMES, low=int(is_link), high=512 if is_link else 0)
    button.text("label", high=0 if style == _PREMIUM else 80)
    has_face = any(button.value.get(key) for key in ("label", "emoji"))
    if style != _PREMIUM and not has_face:
        button.note("BASE_TYPE_REQUIRED", "A button needs a label or an emoji", at="label")


def _check_select(select: Part) -> None:
    select.text("custom_id", low=1, high=100)
    select.text("placeholder", high=150)
    _check_counts(select, high=25)
    select.parts("default_values", high=25)


def _check_string_select(select: Part) -> None:
    _check_select(select)
    _check_options(select, low=1, high=25)


def _check_counts(owner: Part, *, high: int, default: int = 1) -> None:
    most = owner.whole("max_values", low=1, high=high, default=default)
    owner.whole("min_values", low=0, high=most, default=0)


def _check_options(owner: Part, *, low: int, high: int) -> None:
    seen: set[str] = set()
    for option in owner.parts("options", low=low, high=high):
        option.text("label", low=1, high=100)
        option.text("description", high=100)
        value = option.text("value", low=1, high=100)
        if value in seen:
            words = "The specified option value is already used"
            option.note("SELECT_COMPONENT_OPTION_VALUE_DUPLICATED", words, at="value")
        seen.add(value)


def _check_text_display(display: Part) -> None:
    display.text("content", low=1, high=MAX_DISPLAYED_TEXT)


def _check_section(section: Part) -> None:
    _check_each(section.parts("components", low=1, high=3), {Kind.TEXT_DISPLAY})
    if not section.has("accessory"):
        section.note("BASE_TYPE_REQUIRED", "This field is required", at="accessory")
        return
    _check_one(section.part("accessory"), {Kind.BUTTON, Kind.THUMBNAIL})


def _check_media(owner: Part, key: str, schemes: Collection[str] = _MEDIA_SCHEMES) -> None:
    check_url(owner.part(key), "url", schemes, low=1)


def _check_picture(picture: Part) -> None:
    _check_media(picture, "media")
    picture.text("description", high=MAX_ALT_TEXT)


def _check_gallery(gallery: Part) -> None:
    for item in gallery.parts("items", low=1, high=10):
        _check_picture(item)


def _check_file(file: Part) -> None:
    _check_media(file, "file", {"attachment"})


def _check_separator(separator: Part) -> None:
    separator.one_of("spacing", {1, 2}, default=1)


def _check_container(container: Part) -> None:
    container.whole("accent_color", low=0, high=0xFFFFFF, default=0)
    children = container.parts("components", low=1, high=MAX_COMPONENTS)
    _check_each(children, _IN_CONTAINER)


def _check_label(label: Part) -> None:
    label.text("label", low=1, high=45)
    label.text("description", high=100)
    if not label.has("component"):
        label.note("BASE_TYPE_REQUIRED", "This field is required", at="component")
        return
    field = label.part("component")
    _check_one(field, _IN_LABEL)
    if field.value.get("disabled"):
        field.note("BASE_TYPE_CHOICES", "Value must be one of {False}.", at="disabled")


def _check_text_input(text_input: Part) -> None:
    text_input.text("custom_id", low=1, high=100)
    text_input.one_of("style", {1, 2})
    text_input.text("placeholder", high=100)
    most = text_input.whole("max_length", low=1, high=4000, default=4000)
    text_input.whole("min_length", low=0, high=most, default=0)
    text_input.text("value", high=most)


def _check_file_upload(upload: Part) -> None:
    upload.text("custom_id", low=1, high=100)
    _check_counts(upload, high=10)


def _check_radio_group(group: Part) -> None:
    group.text("custom_id", low=1, high=100)
    _check_options(group, low=2, high=10)


def _check_checkbox_group(group: Part) -> None:
    group.text("custom_id", low=1, high=100)
    _check_options(group, low=1, high=10)
    _check_counts(group, high=10, default=10)


def _check_checkbox(checkbox: Part) -> None:
    checkbox.text("custom_id", low=1, high=100)


_CHECKS: dict[Kind, Callable[[Part], None]] = {
    **dict.fromkeys(_SELECTS, _check_select),
    Kind.ACTION_ROW: _check_row,
    Kind.BUTTON: _check_button,
    Kind.STRING_SELECT: _check_string_select,
    Kind.TEXT_INPUT: _check_text_input,
    Kind.SECTION: _check_section,
    Kind.TEXT_DISPLAY: _check_text_display,
    Kind.THUMBNAIL: _check_picture,
    Kind.MEDIA_GALLERY: _check_gallery,
    Kind.FILE: _check_file,
    Kind.SEPARATOR: _check_separator,
    Kind.CONTAINER: _check_container,
    Kind.LABEL: _check_label,
    Kind.FILE_UPLOAD: _check_file_upload,
    Kind.RADIO_GROUP: _check_radio_group,
    Kind.CHECKBOX_GROUP: _check_checkbox_group,
    Kind.CHECKBOX: _check_checkbox,
}
