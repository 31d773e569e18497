"""The outside in memory: channels full of posts, direct messages, members with roles."""

from bot.services import Place, Post, Rank, Undeliverable
from tests.unit.services.script import Script


class Outsider:
    """Points of its script: post, edit, remove, tell, roles, rank, nsfw.

    `roles` and `ranks` are those of members by (server, person), `nsfw` the age-restricted
    channels, `closed` the channels and people that take nothing.
    """

    def __init__(self) -> None:
        self.script = Script()
        self.posted: dict[Place, Post] = {}
        self.told: list[tuple[int, Post]] = []
        self.removed: list[Place] = []
        self.roles: dict[tuple[int, int], frozenset[int]] = {}
        self.nsfw: set[int] = set()
        self.ranks: dict[tuple[int, int], Rank] = {}
        self.closed: set[int] = set()
        self._by_nonce: dict[str, Place] = {}

    async def post(self, channel_id: int, post: Post, *, nonce: str) -> Place:
        await self.script.meet("post")
        self._check(channel_id)
        new = Place(channel_id, 9000 + len(self._by_nonce))
        place = self._by_nonce.setdefault(nonce, new)
        self.posted.setdefault(place, post)
        return place

    async def edit(self, place: Place, post: Post) -> None:
        await self.script.meet("edit")
        self._check(place.channel_id)
        self.posted[place] = post

    async def remove(self, place: Place) -> None:
        await self.script.meet("remove")
        self._check(place.channel_id)
        self.removed.append(place)
        self.posted.pop(place, None)

    async def tell(self, user_id: int, post: Post) -> None:
        await self.script.meet("tell")
        self._check(user_id)
        self.told.append((user_id, post))

    async def roles_of(self, server_id: int, user_id: int) -> frozenset[int] | None:
        await self.script.meet("roles")
        return self.roles.get((server_id, user_id))

    async def rank_of(self, server_id: int, user_id: int) -> Rank:
        await self.script.meet("rank")
        return self.ranks.get((server_id, user_id), Rank.MEMBER)

    async def allows_nsfw(self, channel_id: int) -> bool:
        await self.script.meet("nsfw")
        return channel_id in self.nsfw

    def _check(self, target_id: int) -> None:
        if target_id in self.closed:
            raise Undeliverable(f"{target_id} takes nothing")
