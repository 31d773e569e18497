"""What comes in: where an interaction came from, and what it wishes for."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Origin:
    """One interaction, reduced to what survives a restart.

    `token` answers it for 15 minutes; it is a secret that long and is never logged.
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


@dataclass(frozen=True)
class ImageWish:
    """What somebody typed into `/imagine`; None leaves the choice to the model."""

    prompt: str
    model: str = "auto"
    aspect_ratio: str | None = None
    count: int = 1
    negative_prompt: str | None = None
    seed: int | None = None
