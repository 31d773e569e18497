"""Who may do what in which channel."""

import discord
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.sandbox.permissions import ALL, IN_DM, Permission, permissions_in
from bot.sandbox.places import Channel, Guild, Member, Overwrite, Role

GUILD, OWNER, MIA, MODERATOR, ARTIST = 10, 1, 2, 20, 21
VIEW, SEND, ATTACH = Permission.VIEW_CHANNEL, Permission.SEND_MESSAGES, Permission.ATTACH_FILES
BITS = st.integers(0, ALL)


def guild(*, everyone=0, moderator=0, mia_has=frozenset()):
    roles = {
        GUILD: Role(GUILD, "@everyone", everyone),
        MODERATOR: Role(MODERATOR, "Moderator", moderator),
        ARTIST: Role(ARTIST, "Artist", 0),
    }
    members = {OWNER: Member(OWNER), MIA: Member(MIA, set(mia_has))}
    return Guild(GUILD, "Atelier", OWNER, roles, members)


def channel(*overwrites):
    by_target = {overwrite.target_id: overwrite for overwrite in overwrites}
    return Channel(100, "general", guild_id=GUILD, overwrites=by_target)


def of_role(role_id, *, allow=0, deny=0):
    return Overwrite(role_id, is_role=True, allow=allow, deny=deny)


def of_mia(*, allow=0, deny=0):
    return Overwrite(MIA, is_role=False, allow=allow, deny=deny)


def test_bits_are_those_of_the_library():
    ours = {(bit.name.lower(), bit.value) for bit in Permission}
    theirs = set(discord.Permissions.VALID_FLAGS.items())

    assert ours <= theirs
    assert {value for _, value in ours} == {value for _, value in theirs}


@pytest.mark.rule("4/owner-all")
def test_owner_may_do_everything_everywhere():
    hidden = channel(of_role(GUILD, deny=ALL))

    assert permissions_in(guild(), hidden, OWNER) == ALL


@pytest.mark.rule("4/owner-all")
def test_administrator_may_do_everything_everywhere():
    place = guild(moderator=Permission.ADMINISTRATOR, mia_has={MODERATOR})
    hidden = channel(of_role(GUILD, deny=ALL), of_mia(deny=ALL))

    assert permissions_in(place, hidden, MIA) == ALL


def test_member_has_the_permissions_of_everyone_and_of_own_roles():
    place = guild(everyone=VIEW | SEND, moderator=VIEW | ATTACH)

    without_role = permissions_in(place, channel(), MIA)
    place.members[MIA].role_ids.add(MODERATOR)
    with_role = permissions_in(place, channel(), MIA)

    assert without_role == VIEW | SEND
    assert with_role == VIEW | SEND | ATTACH


@pytest.mark.rule("4/overwrites")
def test_role_overwrite_beats_everyone_s():
    place = guild(everyone=VIEW | SEND, mia_has={ARTIST})
    denied, allowed = of_role(GUILD, deny=SEND), of_role(ARTIST, allow=SEND)

    assert permissions_in(place, channel(denied), MIA) == VIEW
    assert permissions_in(place, channel(denied, allowed), MIA) == VIEW | SEND


@pytest.mark.rule("4/overwrites")
def test_among_roles_an_allow_beats_a_deny():
    place = guild(everyone=VIEW | SEND, mia_has={ARTIST, MODERATOR})
    both = channel(of_role(ARTIST, allow=SEND), of_role(MODERATOR, deny=SEND))

    assert permissions_in(place, both, MIA) == VIEW | SEND


@pytest.mark.rule("4/overwrites")
def test_member_overwrite_beats_the_roles():
    place = guild(everyone=VIEW | SEND, mia_has={ARTIST})
    both = channel(of_mia(deny=SEND), of_role(ARTIST, allow=SEND | ATTACH))

    assert permissions_in(place, both, MIA) == VIEW | ATTACH


@pytest.mark.rule("4/overwrites")
def test_overwrites_of_others_do_nothing():
    place = guild(everyone=VIEW | SEND)
    others = channel(
        of_role(ARTIST, deny=SEND),
        Overwrite(OWNER, is_role=False, deny=SEND),
        of_role(MIA, deny=SEND),
    )

    assert permissions_in(place, others, MIA) == VIEW | SEND


@pytest.mark.rule("4/hidden-channel")
def test_who_cannot_view_a_channel_can_do_nothing_in_it():
    place = guild(everyone=ALL & ~Permission.ADMINISTRATOR)

    assert permissions_in(place, channel(of_role(GUILD, deny=VIEW)), MIA) == 0


def test_who_is_no_member_can_do_nothing():
    assert permissions_in(guild(everyone=VIEW), channel(), 99) == 0


def test_dm_has_its_fixed_set():
    assert permissions_in(None, Channel(5, "", guild_id=None), MIA) == IN_DM
    assert IN_DM & Permission.ATTACH_FILES
    assert not IN_DM & Permission.MANAGE_MESSAGES


@pytest.mark.rule("4/overwrites")
@given(everyone=BITS, moderator=BITS, masks=st.lists(BITS, min_size=6, max_size=6))
def test_answer_is_the_library_s(everyone, moderator, masks):
    """The library computes the same from the same roles and overwrites."""
    place = guild(everyone=everyone, moderator=moderator, mia_has={MODERATOR})
    overwrites = [
        of_role(GUILD, allow=masks[0], deny=masks[1]),
        of_role(MODERATOR, allow=masks[2], deny=masks[3]),
        of_mia(allow=masks[4], deny=masks[5]),
    ]

    ours = permissions_in(place, channel(*overwrites), MIA)

    theirs = _library_s_answer(everyone | moderator, overwrites)
    assert ours == (theirs if theirs & VIEW else 0)


def _library_s_answer(base, overwrites):
    permissions = discord.Permissions(base)
    if permissions.administrator:
        return ALL
    for overwrite in overwrites:
        permissions.handle_overwrite(allow=overwrite.allow, deny=overwrite.deny)
    return permissions.value
