"""The catalog: one TOML file for each model that people can choose.

What a model takes, what it costs and who serves it is said there or the start fails: a missing
price, an unknown key or a size of the wrong shape stops the process with one line.
"""

from bot.catalog._catalog import AUTO, Catalog, load
from bot.catalog._model import Model, Route, Size

__all__ = ["AUTO", "Catalog", "Model", "Route", "Size", "load"]
