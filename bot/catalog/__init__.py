"""The catalog: one TOML file for each model that people can choose.

What a model takes, what it costs and who serves it is said there or the start fails: a missing
price, an unknown key or a size of the wrong shape stops the process with one line.
"""

from bot.catalog._catalog import AUTO, Catalog, load
from bot.catalog._model import (
    PIXELS_PER_MEGAPIXEL,
    USUAL_SCALE,
    WORD_TASKS,
    Model,
    Offer,
    Preset,
    Quality,
    Range,
    Rating,
    Route,
    Size,
    Steps,
    Takes,
    Task,
    Value,
    units,
)

__all__ = [
    "AUTO",
    "PIXELS_PER_MEGAPIXEL",
    "USUAL_SCALE",
    "WORD_TASKS",
    "Catalog",
    "Model",
    "Offer",
    "Preset",
    "Quality",
    "Range",
    "Rating",
    "Route",
    "Size",
    "Steps",
    "Takes",
    "Task",
    "Value",
    "load",
    "units",
]
