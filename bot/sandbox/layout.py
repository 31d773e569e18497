"""Trees of components: walking them, numbering them, putting attachments in their places."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

Json = dict[str, Any]

BUTTON, STRING_SELECT, TEXT_INPUT = 2, 3, 4
USER_SELECT, ROLE_SELECT, MENTIONABLE_SELECT, CHANNEL_SELECT = 5, 6, 7, 8
TEXT_DISPLAY, THUMBNAIL, GALLERY, FILE = 10, 11, 12, 13
LABEL, FILE_UPLOAD, RADIO_GROUP, CHECKBOX_GROUP, CHECKBOX = 18, 19, 21, 22, 23
SELECTS = frozenset({STRING_SELECT, USER_SELECT, ROLE_SELECT, MENTIONABLE_SELECT, CHANNEL_SELECT})
_WITH_BOUNDS = SELECTS | {FILE_UPLOAD, CHECKBOX_GROUP}


def walk(components: Sequence[Json]) -> Iterator[Json]:
    """Yield every component, parents before children, in the order of the screen."""
    for component in components:
        yield component
        yield from walk(component.get("components") or ())
        for key in ("accessory", "component"):
            if key in component:
                yield from walk([component[key]])


def complete(components: Sequence[Json]) -> None:
    """Make components what Discord shows again: numbered, nulls left out, bounds filled in."""
    _number(components)
    for component in walk(components):
        for key in [key for key, value in component.items() if value is None]:
            del component[key]
        if component["type"] in _WITH_BOUNDS:
            most = len(component["options"]) if component["type"] == CHECKBOX_GROUP else 1
            component.setdefault("min_values", 1)
            component.setdefault("max_values", most)


def _number(components: Sequence[Json]) -> None:
    """Give every component without an `id` the next free one."""
    taken = {component["id"] for component in walk(components) if component.get("id")}
    following = 1
    for component in walk(components):
        if component.get("id"):
            continue
        while following in taken:
            following += 1
        component["id"] = following
        taken.add(following)


def find(components: Sequence[Json], custom_id: str) -> Json | None:
    """Return the component that carries `custom_id`."""
    return next((found for found in walk(components) if found.get("custom_id") == custom_id), None)


def texts(components: Sequence[Json]) -> str:
    """Return everything that text displays say, line by line."""
    return "\n".join(
        component["content"]
        for component in walk(components)
        if component["type"] == TEXT_DISPLAY and component.get("content")
    )


def media_slots(components: Sequence[Json]) -> Iterator[tuple[Json, str]]:
    """Yield every (holder, key) whose value is a media item."""
    for component in walk(components):
        kind = component["type"]
        if kind == THUMBNAIL:
            yield component, "media"
        elif kind == FILE:
            yield component, "file"
        elif kind == GALLERY:
            for item in component.get("items") or ():
                yield item, "media"


def place_media(components: Sequence[Json], unfurl: Callable[[str], Json]) -> None:
    """Replace every media reference by what `unfurl` makes of its URL."""
    for holder, key in media_slots(components):
        holder[key] = unfurl(holder[key]["url"])
        if holder.get("type") == FILE:
            holder["name"] = holder[key].pop("name", "")
            holder["size"] = holder[key].pop("size", 0)
        else:
            holder[key].pop("name", None)
            holder[key].pop("size", None)


def embed_slots(embeds: Sequence[Json]) -> Iterator[tuple[Json, str]]:
    """Yield every (holder, key) of embeds whose value is the URL of a picture."""
    for embed in embeds:
        for part, key in (
            ("image", "url"),
            ("thumbnail", "url"),
            ("author", "icon_url"),
            ("footer", "icon_url"),
        ):
            holder = embed.get(part)
            if holder and holder.get(key):
                yield holder, key


def shown_urls(components: Sequence[Json], embeds: Sequence[Json]) -> set[str]:
    """Return the URLs of all files that components or embeds show."""
    by_components = {holder[key]["url"] for holder, key in media_slots(components)}
    return by_components | {holder[key] for holder, key in embed_slots(embeds)}
