"""Loading and finding catalog entries."""

import tomllib
from collections.abc import Iterable
from pathlib import Path

from pydantic import ValidationError

from bot.catalog._model import Model, Task
from bot.config import StartError
from bot.errors import UnknownModel

AUTO = "auto"
"""The model name that leaves the choice to us."""


class Catalog:
    """All models, in memory, by name and by rank."""

    def __init__(self, models: Iterable[Model]) -> None:
        self._by_name: dict[str, Model] = {}
        for model in sorted(models, key=lambda model: (model.rank, model.name)):
            if model.name in self._by_name:
                raise StartError(f"catalog: two models are named {model.name}")
            self._by_name[model.name] = model

    def all(self) -> list[Model]:
        """Return every model, the preferred ones first."""
        return list(self._by_name.values())

    def get(self, name: str) -> Model:
        """Return a model by its name.

        Raises:
            UnknownModel: there is none.
        """
        model = self._by_name.get(name.strip().lower())
        if model is None:
            raise UnknownModel(name=name)
        return model

    def offering(self, task: Task) -> list[Model]:
        """Return the models that do a task, the preferred ones first; no presets."""
        return [
            model for model in self._by_name.values() if task in model.tasks and not model.is_preset
        ]

    def search(self, text: str, task: Task) -> list[Model]:
        """Return the models for a task whose name or title holds every word typed so far."""
        return _holding(text, self.offering(task))

    def presets(self, typed: str) -> list[Model]:
        """Return the presets of `/edit` whose name or title holds every word typed so far."""
        return _holding(typed, [model for model in self._by_name.values() if model.is_preset])


def _holding(typed: str, models: Iterable[Model]) -> list[Model]:
    words = typed.lower().split()
    return [
        model
        for model in models
        if all(word in f"{model.name} {model.title.lower()}" for word in words)
    ]


def load(folder: Path | None = None) -> Catalog:
    """Read every `*.toml` of the folder, ours when none is given.

    Raises:
        StartError: a file is malformed or lacks a price; the line names file and field.
    """
    folder = folder or Path(__file__).parent
    return Catalog(_read(path) for path in sorted(folder.glob("*.toml")))


def _read(path: Path) -> Model:
    try:
        return Model.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise StartError(f"catalog {path.name}: {error}") from None
    except ValidationError as error:
        first = error.errors()[0]
        reason = first["msg"].removeprefix("Value error, ")
        place = ".".join(str(part) for part in first["loc"])
        raise StartError(": ".join(filter(None, [f"catalog {path.name}", place, reason]))) from None
