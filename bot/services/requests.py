"""What comes in: where an interaction came from, and what it wishes for."""

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from bot.catalog import AUTO, Preset, Quality, Task


@dataclass(frozen=True)
class Origin:
    """One interaction, reduced to what survives a restart.

    `token` answers it for 15 minutes; it is a secret that long and is never logged.
    `has_followup` says that the job's card is not the interaction's first answer.
    `parent_channel_id` is the channel that a thread belongs to; `is_nsfw_place` says that the
    place is age-restricted; `joined_at` is when the person came to the server, None where that is
    not known. `answer_id` is the press that accepted several requests, of which this is one.
    """

    interaction_id: int
    application_id: int
    token: str
    server_id: int
    channel_id: int
    user_id: int
    locale: str
    file_limit_bytes: int
    is_private: bool = False
    is_staff: bool = False
    has_followup: bool = False
    is_admin: bool = False
    is_nsfw_place: bool = False
    parent_channel_id: int | None = None
    role_ids: tuple[int, ...] = ()
    joined_at: datetime | None = None
    answer_id: int | None = None


@dataclass(frozen=True)
class Source:
    """A kept picture that a job starts from; `width` and `height` are pixels.

    `known_as` is the hash of a picture of ours, of which somebody brought us a copy.
    """

    sha256: str
    width: int
    height: int
    known_as: str | None = None

    def as_inputs(self) -> dict[str, Any]:
        """Return it as the inputs of a job hold it."""
        return {name: value for name, value in asdict(self).items() if value is not None}


@dataclass(frozen=True)
class ImageWish:
    """What somebody asks for; None leaves the choice to the model.

    `frame` names a new canvas around `image` (`bot.media.framed_size`), `preset` what a model
    understands by `subtle`, `strong` and the like, `lora` a Hugging Face id or one of CivitAI's AIR
    names. `drawn_as` is the quality that an
    earlier job was asked for: kept, and meant again where the model has steps for it. `avoid` names
    providers that shall not do it. `said` names the fields that the person
    chose: nothing else may fill those in, not even where they are as usual. `is_spoiler` hides what
    comes of it until somebody clicks, `is_tame` keeps it from those who may draw what is for
    adults and not say so.
    """

    prompt: str
    model: str = AUTO
    aspect_ratio: str | None = None
    count: int = 1
    negative_prompt: str | None = None
    seed: int | None = None
    task: Task = "imagine"
    image: Source | None = None
    mask: Source | None = None
    images: tuple[Source, ...] = ()
    frame: str | None = None
    preset: Preset | None = None
    strength: float | None = None
    scale: float | None = None
    steps: int | None = None
    guidance: float | None = None
    quality: Quality | None = None
    drawn_as: Quality | None = None
    lora: str | None = None
    lane: str = "fast"
    avoid: tuple[str, ...] = ()
    said: tuple[str, ...] = ()
    is_spoiler: bool = False
    is_tame: bool = False
