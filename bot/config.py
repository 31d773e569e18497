"""Settings: the only place that reads the environment.

Values come from the environment, then from a `.env` file in the working folder. A malformed
value stops the start with one line that names it. What a server's staff decide is not here:
it lives in the database.
"""

import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Self

from dotenv import dotenv_values
from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

CREDITS_PER_USD = 1000
_DATABASE_DRIVERS = {"sqlite": "sqlite+aiosqlite", "postgresql": "postgresql+psycopg"}
_DATABASE_HINT = "give postgresql://user:password@host/name, or nothing for SQLite in DATA_DIR"


class StartError(Exception):
    """The process cannot start; the text is one line that names the cause and the fix."""


@dataclass(frozen=True)
class Shards:
    """Which gateway shards this process runs: `ids` of `count`; None leaves it to Discord."""

    ids: tuple[int, ...] | None
    count: int | None

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `""`, `"4"` (all of four) or `"0-3/8"` (four of eight)."""
        if not text:
            return cls(ids=None, count=None)
        if text.isdecimal() and int(text) > 0:
            return cls(ids=tuple(range(int(text))), count=int(text))
        match = re.fullmatch(r"(\d+)-(\d+)/(\d+)", text)
        if match is None or not int(match[1]) <= int(match[2]) < int(match[3]):
            raise ValueError("give a count like 2, or a range like 0-3/8")
        return cls(ids=tuple(range(int(match[1]), int(match[2]) + 1)), count=int(match[3]))


def _id_set(text: object) -> object:
    """Split `"1, 2 3"` into ids; anything else is left to the type check."""
    if not isinstance(text, str):
        return text
    return {int(word) for word in re.split(r"[,\s]+", text.strip()) if word}


Ids = Annotated[frozenset[int], NoDecode]


class Settings(BaseSettings):
    """Everything an owner sets, with the defaults of a small community."""

    model_config = SettingsConfigDict(extra="ignore", frozen=True)

    discord_token: SecretStr = SecretStr("")
    owner_ids: Ids = frozenset()
    allowed_servers: Ids = frozenset()
    database_url: str = Field(default="", repr=False)  # may hold a password
    data_dir: Path = Path("data")
    monthly_budget_usd: float = Field(default=20.0, ge=0, le=1_000_000)
    shards: str = ""
    log_level: str = "INFO"
    discord_api_base: str = ""
    discord_gateway_url: str = ""
    discord_cdn_base: str = ""
    fal_queue_url: str = "https://queue.fal.run"
    fal_rest_url: str = "https://rest.fal.ai"
    fal_cdn_url: str = "https://v3.fal.media"
    replicate_base_url: str = "https://api.replicate.com"
    civitai_base_url: str = "https://civitai.com"
    civitai_orchestration_url: str = "https://orchestration.civitai.com"
    bfl_base_url: str = "https://api.bfl.ai"
    hf_base_url: str = "https://router.huggingface.co"
    segmind_base_url: str = "https://api.segmind.com"
    deepinfra_base_url: str = "https://api.deepinfra.com"
    together_base_url: str = "https://api.together.ai"
    getimg_base_url: str = "https://api.getimg.ai"
    comfyui_workflows: Path | None = None
    painter_seconds: float = Field(default=3.0, ge=0, le=600)
    painter_trouble: Path | None = None  # the sandbox's: a file that says what shall go wrong

    @field_validator("owner_ids", "allowed_servers", mode="before")
    @classmethod
    def _read_ids(cls, value: object) -> object:
        return _id_set(value)

    @field_validator("comfyui_workflows", mode="before")
    @classmethod
    def _read_folder(cls, value: object) -> object:
        # An empty line of the file would mean the working folder.
        return value or None

    @field_validator("database_url")
    @classmethod
    def _check_database_url(cls, value: str) -> str:
        if not value:
            return value
        try:
            url = make_url(value)
        except ArgumentError:
            raise ValueError(_DATABASE_HINT) from None
        driver = _DATABASE_DRIVERS.get(url.get_backend_name())
        if driver is None:
            raise ValueError(_DATABASE_HINT)
        return url.set(drivername=driver).render_as_string(hide_password=False)

    @field_validator("shards")
    @classmethod
    def _check_shards(cls, value: str) -> str:
        Shards.parse(value)
        return value

    @field_validator("log_level")
    @classmethod
    def _check_log_level(cls, value: str) -> str:
        if value.upper() not in {"DEBUG", "INFO", "WARNING", "ERROR"}:
            raise ValueError("give DEBUG, INFO, WARNING or ERROR")
        return value.upper()

    @property
    def is_sqlite(self) -> bool:
        """Whether this process must be the only one."""
        return not self.database_url or self.database_url.startswith("sqlite")

    @property
    def async_database_url(self) -> str:
        """The product's own database, with the asyncio driver named."""
        return self.database_url or f"sqlite+aiosqlite:///{self.data_dir / 'atelier.sqlite'}"

    @property
    def engine_database_url(self) -> str:
        """The job engine's database: a disposable file, or a schema of its own on PostgreSQL."""
        if self.is_sqlite:
            return f"sqlite:///{self.data_dir / 'engine.sqlite'}"
        return self.database_url

    @property
    def monthly_budget_usd_micros(self) -> int:
        """What all attempts together may cost in a calendar month (UTC), in 1e-6 USD."""
        return round(self.monthly_budget_usd * 1_000_000)


def load_settings() -> Settings:
    """Read the settings once.

    `ENV_FILE` names another file than `.env`; empty, no file is read (the sandbox does that).

    Raises:
        StartError: a value is malformed; the line names it.
    """
    try:
        # The file goes through `_env_file` because the class cannot know ENV_FILE when it is made.
        return Settings(_env_file=env_file())  # pyright: ignore[reportCallIssue]
    except ValidationError as error:
        first = error.errors()[0]
        name = str(first["loc"][0]).upper()
        reason = first["msg"].removeprefix("Value error, ")
        raise StartError(f"{name}: {reason}") from None


def env_file() -> Path | None:
    """Where settings beside the environment come from, if anywhere."""
    name = environment().get("ENV_FILE", ".env")
    return Path(name) if name else None


def environment() -> dict[str, str]:
    """A copy of this process's environment, for a child process."""
    return dict(os.environ)  # noqa: TID251 - this module is the one that may


def secret(name: str) -> str | None:
    """A provider's key by the name its adapter gives, from the environment or the file."""
    file = env_file()
    from_file = dotenv_values(file) if file is not None else {}
    return environment().get(name) or from_file.get(name) or None
