"""Providers: one file per company, found by walking this folder.

A file without a leading underscore is an adapter: it has `KEY_ENV` (None when no key is needed)
and `connect(setup)`. A provider whose key is not in the environment is simply not there.
"""

import importlib
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.providers._protocol import (
    Handle,
    Inputs,
    KeepBytes,
    Output,
    Progress,
    Provider,
    ReadPicture,
    Setup,
)

# For their names only: the painting process, which comes through here, needs neither.
if TYPE_CHECKING:
    import httpx

    from bot.config import Settings

__all__ = [
    "Found",
    "Handle",
    "Inputs",
    "KeepBytes",
    "Output",
    "Progress",
    "Provider",
    "ReadPicture",
    "Setup",
    "connect_all",
    "find_all",
]


@dataclass(frozen=True)
class Found:
    """An adapter file: its name, the key it needs, and how to connect."""

    name: str
    key_env: str | None
    connect: Callable[[Setup], Provider]


def find_all() -> list[Found]:
    """Return every adapter in this folder, by name."""
    names = (module.name for module in pkgutil.iter_modules(__path__))
    return [_find(name) for name in sorted(names) if not name.startswith("_")]


def connect_all(
    settings: "Settings",
    http: "httpx.AsyncClient",
    *,
    secret: Callable[[str], str | None],
    read_picture: ReadPicture,
    keep_bytes: KeepBytes,
) -> dict[str, Provider]:
    """Connect every provider whose key is there; no request is made yet."""
    connected: dict[str, Provider] = {}
    for found in find_all():
        key = secret(found.key_env) if found.key_env else None
        if found.key_env is None or key:
            setup = Setup(settings, http, read_picture, keep_bytes, key)
            connected[found.name] = found.connect(setup)
    return connected


def _find(name: str) -> Found:
    module = importlib.import_module(f"{__name__}.{name}")
    return Found(name=name, key_env=module.KEY_ENV, connect=module.connect)
