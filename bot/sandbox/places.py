"""Who and what a world is made of: users, guilds, roles, members, channels."""

from dataclasses import dataclass, field

TEXT = 0
DM = 1
PUBLIC_THREAD = 11
THREADS = frozenset({10, 11, 12})


@dataclass
class User:
    """One account, a person's or the bot's."""

    id: int
    name: str
    is_bot: bool = False
    locale: str = "en-US"
    takes_dms: bool = True


@dataclass
class Role:
    """A role of one guild; the one whose id is the guild's is @everyone."""

    id: int
    name: str
    permissions: int
    position: int = 0
    is_managed: bool = False
    color: int = 0
    is_hoisted: bool = False


@dataclass
class Member:
    """One user in one guild."""

    user_id: int
    role_ids: set[int] = field(default_factory=set[int])
    joined_at: float = 1_672_531_200.0


@dataclass
class Overwrite:
    """What a channel allows or denies a role or one member."""

    target_id: int
    is_role: bool
    allow: int = 0
    deny: int = 0


@dataclass
class Channel:
    """A guild's text channel or thread (`guild_id` set), or a person's DM with the bot."""

    id: int
    name: str
    type: int = TEXT
    guild_id: int | None = None
    nsfw: bool = False
    topic: str | None = None
    position: int = 0
    parent_id: int | None = None
    overwrites: dict[int, Overwrite] = field(default_factory=dict[int, Overwrite])
    recipient_id: int | None = None
    owner_id: int | None = None
    last_message_id: int | None = None

    @property
    def is_thread(self) -> bool:
        """Tell whether permissions and age restriction are the parent's."""
        return self.type in THREADS


@dataclass
class Guild:
    """One server; its channels hang at the world, found by `guild_id`."""

    id: int
    name: str
    owner_id: int
    roles: dict[int, Role] = field(default_factory=dict[int, Role])
    members: dict[int, Member] = field(default_factory=dict[int, Member])
    premium_tier: int = 0
    locale: str = "en-US"
    is_unavailable: bool = False
