"""What CivitAI's website says of published models, as far as it is any use to us."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, cast

from bot.providers._civitai_wire import number_in, object_in, objects_in
from bot.providers._http import one_line

_SAFE_BITS = 1 | 2
"""PG and PG-13, in the masks and levels of the website."""

_MOST_WORDS = 20
_AIR = "urn:air:"
_WITHDRAWN = {"Archived", "TakenDown"}
_TYPES = {
    "LORA": "lora",
    "LoCon": "lycoris",
    "DoRA": "dora",
    "Checkpoint": "checkpoint",
    "TextualInversion": "embedding",
    "VAE": "vae",
    "Upscaler": "upscaler",
}
# Only those whose family is known; any other version's AIR has to be asked for.
_ECOSYSTEMS = {
    "Flux.1 S": "flux1",
    "Flux.1 D": "flux1",
    "Flux.1 Krea": "flux1",
    "Flux.2 Klein 4B": "flux2",
    "Flux.2 Klein 4B-base": "flux2",
    "Flux.2 Klein 9B": "flux2",
    "Flux.2 Klein 9B-base": "flux2",
    "SD 1.5": "sd1",
    "SD 1.5 LCM": "sd1",
    "SD 1.5 Hyper": "sd1",
    "SDXL 1.0": "sdxl",
    "SDXL Turbo": "sdxl",
    "SDXL Lightning": "sdxl",
    "SDXL Hyper": "sdxl",
    "Pony": "sdxl",
    "Illustrious": "sdxl",
    "NoobAI": "sdxl",
    "Upscaler": "other",
}


@dataclass(frozen=True)
class FoundResource:
    """One version of a model, LoRA or the like that somebody has published.

    `air` is its name in orders. A search composes it, which is right for LoRAs; for a checkpoint
    ask `Site.resource` before it is used. `preview_url` shows its first picture that is safe.
    """

    air: str
    kind: str
    name: str
    version_name: str
    base_model: str
    trained_words: tuple[str, ...]
    creator: str | None
    preview_url: str | None
    is_nsfw: bool
    downloads: int

    @property
    def version_id(self) -> int | None:
        """The number that `Site.resource` takes, where the AIR has one."""
        version = self.air.rpartition("@")[2].partition("+")[0].partition(".")[0]
        return int(version) if version.isdecimal() else None


def found_in(
    item: Mapping[str, Any],
    *,
    base_models: Collection[str],
    is_nsfw_fine: bool,
    addresses: tuple[str, ...],
) -> Iterator[FoundResource]:
    """Yield the newest version of a search's item that may be used, if there is one.

    The search's own filters are not relied upon: it tells of models, and we want versions.
    """
    if item.get("mode") in _WITHDRAWN or item.get("supportsGeneration") is False:
        return
    for version in objects_in(item.get("modelVersions")):
        is_wanted = not base_models or version.get("baseModel") in base_models
        if not is_wanted or version.get("supportsGeneration") is False:
            continue
        found = resource_in(item, version, addresses=addresses)
        if found is not None and (is_nsfw_fine or not found.is_nsfw):
            yield found
            return


def resource_in(
    model: Mapping[str, Any], version: Mapping[str, Any], *, addresses: tuple[str, ...]
) -> FoundResource | None:
    """Read one version of a model; None when it has no AIR and none can be composed.

    `addresses` are the starts of addresses that pictures may have.
    """
    air = _air_of(model, version)
    if air is None:
        return None
    stats = object_in(version.get("stats")) or object_in(model.get("stats"))
    return FoundResource(
        air=air,
        kind=_text(model.get("type")),
        name=_text(model.get("name")),
        version_name=_text(version.get("name")),
        base_model=_text(version.get("baseModel")),
        trained_words=_words_of(version),
        creator=_text(object_in(model.get("creator")).get("username")) or None,
        preview_url=_preview_of(version, addresses),
        is_nsfw=_is_nsfw(model) or _is_nsfw(version),
        downloads=int(number_in(stats.get("downloadCount")) or 0),
    )


def _air_of(model: Mapping[str, Any], version: Mapping[str, Any]) -> str | None:
    ready_made = version.get("air")
    if isinstance(ready_made, str) and ready_made.startswith(_AIR):
        return ready_made
    kind = _TYPES.get(str(model.get("type")))
    ecosystem = _ECOSYSTEMS.get(str(version.get("baseModel")))
    ids = (model.get("id"), version.get("id"))
    if kind is None or ecosystem is None or not all(isinstance(one, int) for one in ids):
        return None
    return f"{_AIR}{ecosystem}:{kind}:civitai:{ids[0]}@{ids[1]}"


def _is_nsfw(node: Mapping[str, Any]) -> bool:
    """Whether a model or version is flagged, or none of its pictures is safe."""
    level = node.get("nsfwLevel")
    has_only_mature = isinstance(level, int) and level > 0 and not level & _SAFE_BITS
    return node.get("nsfw") is True or has_only_mature


def _preview_of(version: Mapping[str, Any], addresses: tuple[str, ...]) -> str | None:
    for image in objects_in(version.get("images")):
        url, level = image.get("url"), image.get("nsfwLevel")
        # A level of 0 is one that nobody has looked at yet.
        is_safe = isinstance(level, int) and level > 0 and not level & ~_SAFE_BITS
        is_still = image.get("type", "image") == "image"
        if is_safe and is_still and isinstance(url, str) and url.startswith(addresses):
            return url
    return None


def _words_of(version: Mapping[str, Any]) -> tuple[str, ...]:
    words = version.get("trainedWords")
    if not isinstance(words, list):
        return ()
    texts = [_text(word) for word in cast("list[object]", words)[:_MOST_WORDS]]
    return tuple(text for text in texts if text)


def _text(value: object) -> str:
    return one_line(value) if isinstance(value, str) else ""
