"""What the ledger refuses. The transaction goes on and commits, so a half write would be seen."""

import pytest

from bot import ledger
from bot.errors import InsufficientCredits, LedgerConflict, TreasuryEmpty
from tests.unit.ledger.scene import SERVER, TREASURY


def fund(amount=10, *, server_id=SERVER):
    return lambda conn, scene: ledger.fund(conn, key="k", server_id=server_id, amount=amount)


def grant(amount=10, *, to="alice", purse="earned"):
    return lambda conn, scene: ledger.grant(
        conn, key="k", account_id=getattr(scene, to), purse=purse, amount=amount
    )


def hold(amount=10, *, of="alice", job_id=1, key="k"):
    return lambda conn, scene: ledger.hold(
        conn, key=key, account_id=getattr(scene, of), job_id=job_id, amount=amount
    )


def transfer(amount=10, *, giver="alice", taker="bob"):
    return lambda conn, scene: ledger.transfer(
        conn,
        key="k",
        from_account_id=getattr(scene, giver),
        to_account_id=getattr(scene, taker),
        amount=amount,
    )


def adjust(delta=10, *, of="alice"):
    return lambda conn, scene: ledger.adjust(
        conn, key="k", account_id=getattr(scene, of), delta=delta
    )


def capture(amount, *, hold_key="job:1"):
    return lambda conn, scene: ledger.capture(conn, hold_key=hold_key, amount=amount)


def release(hold_key="job:1"):
    return lambda conn, scene: ledger.release(conn, hold_key=hold_key)


NO_SUCH_MOVES = {
    "grant into what is held": grant(purse="held"),
    "grant into the treasury": grant(purse="funds"),
    "transfer to oneself": transfer(taker="alice"),
    "account of a treasury": lambda conn, _scene: ledger.open_account(
        conn, server_id=SERVER, user_id=0
    ),
    "account in the host's server": lambda conn, _scene: ledger.open_account(
        conn, server_id=0, user_id=1
    ),
}
REFUSALS = {
    "grant beyond the treasury": (grant(TREASURY + 1), TreasuryEmpty),
    "hold beyond available": (hold(41), InsufficientCredits),
    "transfer beyond available": (transfer(41), InsufficientCredits),
    "adjust down beyond available": (adjust(-41), InsufficientCredits),
    "adjust up beyond the treasury": (adjust(TREASURY + 1), TreasuryEmpty),
    "capture beyond the hold": (capture(41), LedgerConflict),
    "capture without a hold": (capture(1, hold_key="job:2"), LedgerConflict),
    "release without a hold": (release("job:2"), LedgerConflict),
    "release of what is no hold": (release("setup"), LedgerConflict),
}


@pytest.fixture
async def scene(scene):
    """Alice has 40 of her 80 credits held for job 1."""
    async with scene.db.write() as conn:
        await hold(40, key="job:1")(conn, scene)
    return scene


NO_AMOUNTS = (0, -1, ledger.MAX_AMOUNT + 1, 10**30, True, 1.0, 1e30, float("nan"), "10", None)
TAKERS_OF_AMOUNTS = {
    "fund": (fund, ()),
    "grant": (grant, ()),
    "hold": (hold, ()),
    "transfer": (transfer, ()),
    "adjust": (adjust, (-1,)),
    "capture": (capture, (0,)),
}


@pytest.mark.parametrize("name", TAKERS_OF_AMOUNTS)
async def test_what_is_no_amount_is_refused_by_every_verb(scene, name):
    before = await scene.book()

    verb, fine = TAKERS_OF_AMOUNTS[name]
    for amount in NO_AMOUNTS:
        if amount in fine:
            continue
        async with scene.db.write() as conn:
            with pytest.raises(ValueError, match="no amount of credits"):
                await verb(amount)(conn, scene)

    assert await scene.book() == before


@pytest.mark.parametrize("name", NO_SUCH_MOVES)
async def test_what_no_verb_does_is_refused(scene, name):
    before = await scene.book()

    async with scene.db.write() as conn:
        with pytest.raises(ValueError, match=r"^no"):
            await NO_SUCH_MOVES[name](conn, scene)

    assert await scene.book() == before


async def test_nothing_is_transferred_to_another_server(scene):
    async with scene.db.write() as conn:
        far = await ledger.open_account(conn, server_id=SERVER + 1, user_id=1)
        with pytest.raises(ValueError, match="nothing goes from"):
            await ledger.transfer(
                conn, key="k", from_account_id=scene.alice, to_account_id=far, amount=1
            )


@pytest.mark.parametrize("name", REFUSALS)
async def test_refusal_writes_nothing(scene, name):
    verb, expected = REFUSALS[name]
    before = await scene.book()

    async with scene.db.write() as conn:
        with pytest.raises(expected):
            await verb(conn, scene)

    assert await scene.book() == before


async def test_insufficient_credits_say_how_much_is_missing(scene):
    async with scene.db.write() as conn:
        with pytest.raises(InsufficientCredits) as refused:
            await hold(41)(conn, scene)

    assert (refused.value.needed, refused.value.available) == (41, 40)


async def test_treasury_empty_says_how_much_is_missing(scene):
    async with scene.db.write() as conn:
        with pytest.raises(TreasuryEmpty) as refused:
            await grant(TREASURY + 1)(conn, scene)

    assert (refused.value.needed, refused.value.available) == (TREASURY + 1, TREASURY)


REPEATS = {
    "fund": fund(),
    "grant": grant(),
    "hold": hold(),
    # More than is left afterwards: a repeat must not look at the purses again.
    "hold of everything": hold(40),
    "transfer of everything": transfer(40),
    "adjust up": adjust(10),
    "adjust down": adjust(-40),
    "capture nothing": capture(0),
    "capture a part": capture(15),
    "capture everything": capture(40),
    "release": release(),
}


@pytest.mark.parametrize("name", REPEATS)
async def test_same_key_with_same_content_writes_once(scene, name):
    verb = REPEATS[name]
    async with scene.db.write() as conn:
        await verb(conn, scene)
    before = await scene.book()

    async with scene.db.write() as conn:
        await verb(conn, scene)

    assert await scene.book() == before


async def test_grant_is_repeated_after_the_treasury_is_empty(scene):
    async with scene.db.write() as conn:
        await grant(TREASURY)(conn, scene)
    before = await scene.book()

    async with scene.db.write() as conn:
        await grant(TREASURY)(conn, scene)

    assert await scene.book() == before


async def test_releasing_is_the_same_as_capturing_nothing(scene):
    async with scene.db.write() as conn:
        await release()(conn, scene)
    before = await scene.book()

    async with scene.db.write() as conn:
        await capture(0)(conn, scene)

    assert await scene.book() == before


CONFLICTS = {
    "fund, other amount": (fund(10), fund(11)),
    "fund, other server": (fund(), fund(server_id=SERVER + 1)),
    "grant, other amount": (grant(10), grant(11)),
    "grant, other purse": (grant(purse="earned"), grant(purse="granted")),
    "grant, other person": (grant(to="alice"), grant(to="bob")),
    "hold, other amount": (hold(10), hold(11)),
    "hold, other person": (hold(of="alice"), hold(of="bob")),
    "hold, other job": (hold(job_id=1), hold(job_id=2)),
    "transfer, other amount": (transfer(10), transfer(11)),
    "transfer, other taker": (transfer(taker="bob"), transfer(taker="carol")),
    "transfer, other giver": (transfer(giver="alice"), transfer(giver="carol")),
    "transfer, turned round": (transfer(), transfer(giver="bob", taker="alice")),
    "adjust, other amount": (adjust(10), adjust(11)),
    "adjust, other person": (adjust(of="alice"), adjust(of="bob")),
    "adjust, other direction": (adjust(10), adjust(-10)),
    "adjust down, other amount": (adjust(-10), adjust(-11)),
    "adjust down, other direction": (adjust(-10), adjust(10)),
    "grant, then adjust": (grant(purse="granted"), adjust()),
    "adjust, then hold": (adjust(), hold()),
    "hold, then grant": (hold(), grant()),
    "capture, other amount": (capture(10), capture(11)),
    "capture, then release": (capture(10), release()),
    "release, then capture": (release(), capture(10)),
    "resolution key, then grant": (
        capture(40),
        lambda conn, scene: ledger.grant(
            conn, key="job:1:resolved", account_id=scene.alice, purse="earned", amount=40
        ),
    ),
}


class SceneOfThree:
    """The scene with Carol, who has as much as the others."""

    def __init__(self, scene, carol):
        self.db, self.alice, self.bob, self.carol = scene.db, scene.alice, scene.bob, carol
        self.book = scene.book


@pytest.fixture
async def three(scene):
    async with scene.db.write() as conn:
        carol = await ledger.open_account(conn, server_id=SERVER, user_id=3)
        await ledger.grant(conn, key="carol", account_id=carol, purse="earned", amount=50)
    return SceneOfThree(scene, carol)


@pytest.mark.parametrize("name", CONFLICTS)
async def test_same_key_with_other_content_is_a_conflict_that_writes_nothing(three, name):
    first, second = CONFLICTS[name]
    async with three.db.write() as conn:
        await first(conn, three)
    before = await three.book()

    async with three.db.write() as conn:
        with pytest.raises(LedgerConflict):
            await second(conn, three)

    assert await three.book() == before
