"""The shelf of LoRAs: what others have published, and which model here can use it."""

import re
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

import structlog

from bot.catalog import AUTO, Model, Task
from bot.errors import (
    BadPicture,
    LoraSiteDown,
    ProviderError,
    UnfitLora,
    UnsupportedInput,
    UserError,
)
from bot.loras import AUTOCOMPLETE_S, PREVIEW_S, FoundResource, LoraSite
from bot.services.choosing import by_fitness
from bot.services.delivery import PictureFile
from bot.services.preferences import Preferring
from bot.services.quoting import Quoting
from bot.services.requests import ImageWish, Origin
from bot.services.resources import Resources
from bot.services.screening import Screening

log = structlog.get_logger()

MOST_LORAS = 25
SEARCH_S = 8.0
LOOK_UP_S = 1.0
"""A wish waits no longer to learn what its LoRA was made for: Discord waits for its answer."""

MOST_BASES = 4096
LONGEST_NAME = 100
"""What Discord takes as the value of a suggestion."""

_VERSION = re.compile(
    r"urn:air:[a-z0-9]{1,20}:(?:lora|lycoris|dora):civitai:\d{1,12}@(?P<id>\d{1,12})"
)
_FROM_CIVITAI = {"insists": ["air_loras"]}


@dataclass(frozen=True)
class Lora:
    """A LoRA that a wish may name by `air`, and the models that can use it just now."""

    found: FoundResource
    models: tuple[Model, ...]

    @property
    def air(self) -> str:
        """Its name, as the option `lora` takes it."""
        return self.found.air


class LoraShelf:
    """Finds LoRAs, and sees to it that they meet models they were made for.

    Without a site nothing is found and nothing is known.
    """

    def __init__(
        self,
        resources: Resources,
        *,
        preferring: Preferring,
        quoting: Quoting,
        screening: Screening,
        site: LoraSite | None,
    ) -> None:
        self._catalog = resources.catalog
        self._media = resources.media
        self._routing = resources.routing
        self._preferring = preferring
        self._quoting = quoting
        self._screening = screening
        self._site = site
        self._bases: OrderedDict[int, str] = OrderedDict()

    def models(self, typed: str = "") -> list[Model]:
        """Return the models that LoRAs from CivitAI are made for, of those that match."""
        return [model for model in self._catalog.search(typed, "imagine") if model.lora_bases]

    async def search(self, words: str, model_name: str | None, *, is_nsfw_fine: bool) -> list[Lora]:
        """Return at most 25 LoRAs with these words in their names, all that fit a model if named.

        Raises:
            UnknownModel, UnsupportedInput: there is no such model, or it takes none of these.
            LoraSiteDown: the site did not answer.
        """
        bases: Sequence[str] = ()
        if model_name not in (None, AUTO):
            model = self._catalog.get(model_name)
            bases = model.lora_bases
            if not bases:
                raise UnsupportedInput(model_title=model.title, name="LoRA from CivitAI")
        try:
            return await self._ask(words, bases, is_nsfw_fine=is_nsfw_fine, patience_s=SEARCH_S)
        except ProviderError as error:
            log.info("search for LoRAs failed", reason=str(error))
        raise LoraSiteDown

    async def suggest(
        self, typed: str, model_name: str | None, task: Task, *, is_nsfw_fine: bool
    ) -> list[Lora]:
        """Return what `search` finds that can be used now; nothing when the site takes over 2 s."""
        models = [
            model for model in self._users(task) if model_name in (None, "", AUTO, model.name)
        ]
        bases = sorted({base for model in models for base in model.lora_bases})
        if not bases or _VERSION.match(typed.strip()):
            return []
        try:
            return await self._ask(
                typed, bases, is_nsfw_fine=is_nsfw_fine, patience_s=AUTOCOMPLETE_S
            )
        except ProviderError as error:
            log.info("no LoRAs to suggest", reason=str(error))
            return []

    async def preview(self, lora: Lora) -> PictureFile | None:
        """Return a safe picture of a LoRA, ready to be shown; None when there is none to have."""
        if self._site is None:
            return None
        data = await self._site.preview(lora.found, patience_s=PREVIEW_S)
        if data is None:
            return None
        try:
            await self._media.check(data)
            extension = self._media.mime_of(data).removeprefix("image/")
        except BadPicture as error:
            log.info("preview cannot be shown", reason=str(error))
            return None
        return PictureFile(number=1, name=f"lora-{lora.found.version_id}.{extension}", data=data)

    async def fitted(self, origin: Origin, wish: ImageWish) -> ImageWish:
        """Return a wish whose LoRA meets a model that it was made for, as far as that is known.

        Where the choice of the model is ours, it is one of those.

        Raises:
            UnfitLora: the model that was chosen, or any at all, is none of them.
        """
        # Where nobody can be told of one, the quote says so, and there is no need to ask.
        able = self._users(wish.task) if wish.lora else []
        base = await self._base_of(wish.lora or "") if able else None
        if base is None:
            return wish
        if wish.model != AUTO:
            _check_fit(self._catalog.get(wish.model), base, self._made_for(base))
            return wish
        if not self._made_for(base):
            raise UnfitLora(name=base, model_title=None, names=())
        fitting = [model for model in able if base in model.lora_bases]
        preferred = await self._preferred(origin, wish, fitting)
        if preferred is not None:
            return replace(wish, model=preferred.name)
        with suppress(UserError):
            return replace(
                wish, model=self._quoting.choose(by_fitness(fitting, wish), wish).model.name
            )
        return wish

    async def _preferred(
        self, origin: Origin, wish: ImageWish, fitting: Sequence[Model]
    ) -> Model | None:
        """Return the model that the person prefers, where it can do what they wish for."""
        if wish.task != "imagine" or "model" in wish.said:
            return None
        preferred = (await self._preferring.read(origin)).model
        for model in fitting:
            if model.name == preferred:
                with suppress(UserError):
                    self._quoting.quote(replace(wish, model=model.name))
                    return model
        return None

    async def _ask(
        self, words: str, bases: Sequence[str], *, is_nsfw_fine: bool, patience_s: float
    ) -> list[Lora]:
        if self._site is None:
            return []
        found = await self._site.search_loras(
            words,
            base_models=bases,
            limit=MOST_LORAS,
            is_nsfw_fine=is_nsfw_fine,
            patience_s=patience_s,
        )
        # A page may repeat what an earlier one told.
        named = {one.version_id: one for one in found if _is_name(one.air)}
        self._remember(named.values())
        users = self._users("imagine")
        return [
            Lora(one, tuple(model for model in users if one.base_model in model.lora_bases))
            for one in named.values()
        ]

    def _users(self, task: Task) -> list[Model]:
        """Return the models that can be told of a LoRA from CivitAI just now."""
        return [
            model
            for model in self._quoting.models("", task)
            if model.lora_bases and self._routing.routes(model.tasks[task], _FROM_CIVITAI)
        ]

    def _made_for(self, base: str) -> list[Model]:
        return [model for model in self.models() if base in model.lora_bases]

    async def _base_of(self, lora: str) -> str | None:
        """Return what a LoRA was made for; None when nobody knows, or says so in time."""
        match = _VERSION.match(lora.strip())
        if match is None or self._site is None:
            return None
        version_id = int(match["id"])
        if version_id not in self._bases:
            try:
                found = await self._site.resource(version_id, patience_s=LOOK_UP_S)
            except ProviderError as error:
                log.info("LoRA is not known", reason=str(error))
                return None
            self._name(version_id, found)
            self._note(version_id, found.base_model)
        return self._bases[version_id] or None

    def _remember(self, found: Iterable[FoundResource]) -> None:
        for one in found:
            if one.version_id is not None:
                self._name(one.version_id, one)
                self._note(one.version_id, one.base_model)

    def _name(self, version_id: int, found: FoundResource) -> None:
        self._screening.name_lora(version_id, f"{found.name}\n{found.version_name}")

    def _note(self, version_id: int, base: str) -> None:
        self._bases[version_id] = base
        self._bases.move_to_end(version_id)
        while len(self._bases) > MOST_BASES:
            self._bases.popitem(last=False)


def _is_name(air: str) -> bool:
    return len(air) <= LONGEST_NAME and _VERSION.fullmatch(air) is not None


def _check_fit(model: Model, base: str, made_for: Sequence[Model]) -> None:
    # A model that says nothing of LoRAs takes none, which the quote says in words of its own.
    if model.lora_bases and base not in model.lora_bases:
        names = tuple(one.title for one in made_for)
        raise UnfitLora(name=base, model_title=model.title, names=names)
