"""Jobs for words, and the pictures of those words."""

import asyncio
import io

import pytest
import sqlalchemy as sa
from PIL import Image

from bot import jobs
from bot.db.tables import staff_actions
from bot.errors import (
    BadPrompt,
    InsufficientCredits,
    Moderated,
    NeedsAnswer,
    NoSuchPicture,
    UnknownJob,
)
from bot.policy import Rule
from bot.providers import Output
from bot.services import ImageWish, Looked, NotNow, Source, Undeliverable
from bot.services.following import LONGEST_ANSWER
from tests.pictures import png
from tests.unit.services.presses import pick, press, refused, remix, reroll, retry
from tests.unit.services.studio import MIA, SAM, SCRIBE, SERVER

WORDS = "a teal field under an even light, no figure in it"


@pytest.fixture
def studio(make_studio):
    """A studio whose provider writes, too."""
    made = make_studio()
    made.learn(SCRIBE)
    return made


def telling(studio, *texts):
    """Let the provider answer with words."""
    studio.first.outputs = [Output(b"", text=text) for text in texts]


async def asked(studio, wish, *, action="", **origin):
    """Ask as a command does, and return the accepted job."""
    origin = studio.origin(**origin)
    accepted = await studio.services.wishing.wish(origin, wish, action=action or wish.task)
    return accepted.view.id


async def test_words_that_may_not_be_shown_are_not_and_cost_nothing(studio):
    origin = studio.origin(user_id=SAM, is_staff=True)
    rule = await studio.services.filtering.add(origin, Rule("word", "teal"))
    before = await studio.services.credits.balance(server_id=SERVER, user_id=MIA)

    job = await enhanced(studio)

    after = await studio.services.credits.balance(server_id=SERVER, user_id=MIA)
    assert (job.status, job.failure, job.answer) == ("failed", "moderated", None)
    assert (after.funds.available, after.funds.held) == (before.funds.available, 0)
    async with studio.db.read() as conn:
        [deed] = await conn.execute(
            sa.select(staff_actions).where(staff_actions.c.action == "blocked answer")
        )
        [attempt] = await jobs.attempts_for(conn, job.id)
    assert (deed.reason, deed.target_id) == (f"job #{job.id} · rule #{rule.id} “teal”", 0)
    assert attempt.status == "done"


async def described(studio, **origin):
    """Have a picture described, and return the job."""
    telling(studio, WORDS)
    source = await studio.services.making.take_picture(png(480, 320))
    job_id = await asked(studio, ImageWish("", task="describe", image=source), **origin)
    job = await studio.render(job_id)
    studio.first.outputs = None
    return job


async def enhanced(studio, prompt="a fox", *, words=WORDS):
    """Have words made better in private, as the command does, and return the job."""
    telling(studio, words)
    accepted = await studio.services.wishing.wish(
        studio.origin(),
        ImageWish(prompt, task="enhance"),
        action="enhance",
        visibility="private",
    )
    job = await studio.render(accepted.view.id)
    studio.first.outputs = None
    return job


def shown(studio, job):
    return studio.delivery.outcome(job.id).view


def last_run(studio):
    return list(studio.first.runs.values())[-1]


async def follow(studio, job, action, prompt=None, **origin):
    """Press a button as a person does, with their preferences in mind."""
    origin = studio.origin(**origin)
    wishing = studio.services.wishing
    return await wishing.follow_up(origin, job.id, 0, action=action, prompt=prompt)


# Words.


async def test_description_is_shown_and_paid_once(studio):
    job = await described(studio)

    assert (job.status, job.answer, job.delivered, job.action) == ("done", WORDS, 1, "describe")
    assert (shown(studio, job).answer, shown(studio, job).pictures) == (WORDS, ())
    assert await studio.funds() == (98, 0)
    assert last_run(studio).endpoint == "fox/describe"
    assert last_run(studio).inputs["image"].startswith("kept://")


async def test_description_comes_with_a_small_copy_of_its_picture(studio):
    telling(studio, WORDS)
    source = await studio.services.making.take_picture(png(2000, 1500))
    job = await studio.render(await asked(studio, ImageWish("", task="describe", image=source)))

    (file,) = studio.delivery.outcome(job.id).files
    with Image.open(io.BytesIO(file.data)) as picture:
        assert picture.width * picture.height <= 250_000
    again = await studio.services.work.files_of(shown(studio, job), limit_bytes=10_000_000)
    assert again == [file]


async def test_words_about_a_picture_that_is_gone_are_shown_alone(studio):
    telling(studio, WORDS)
    source = await studio.services.making.take_picture(png(480, 320))
    job_id = await asked(studio, ImageWish("", task="describe", image=source))
    at_fetch = studio.first.script.gate("fetch")
    rendering = studio.begin(job_id)
    await at_fetch.reached()
    studio.lose_media()
    at_fetch.open()
    await rendering

    job = await studio.job(job_id)
    assert (job.status, studio.delivery.outcome(job_id).files) == ("done", ())


async def test_better_words_are_private_and_told_what_was_typed(studio):
    job = await enhanced(studio, "a {red, blue} fox --ar 3:2")

    assert job.is_private
    assert last_run(studio).inputs == {"prompt": "a {red, blue} fox --ar 3:2", "count": 1}
    assert await studio.funds() == (99, 0)


@pytest.mark.parametrize("outputs", [[], [Output(b"", text=" \n ")], [Output(png(48, 32))]])
async def test_provider_that_says_nothing_is_not_paid(studio, outputs):
    studio.first.outputs = outputs
    job = await studio.render(await asked(studio, ImageWish("a fox", task="enhance")))

    assert (job.status, job.failure, job.answer) == ("failed", "no_words", None)
    assert await studio.funds() == (100, 0)
    assert "retry" in shown(studio, job).prices


async def test_endless_words_are_cut(studio):
    job = await enhanced(studio, words="x" * (LONGEST_ANSWER + 1))

    assert job.answer == "x" * LONGEST_ANSWER


@pytest.mark.parametrize("prompt", ["", " \n", "x" * 101])
async def test_words_that_cannot_be_made_better_are_refused(studio, prompt):
    await studio.finished(count=1)

    await refused(studio, asked(studio, ImageWish(prompt, task="enhance")), BadPrompt)


async def test_words_beyond_the_credits_are_refused(studio):
    for _ in range(8):
        await studio.accepted(count=4)
    await studio.accepted(count=1)

    wish = ImageWish("", task="describe", image=Source("0" * 64, 480, 320))

    error = await refused(studio, asked(studio, wish), InsufficientCredits)
    assert (error.needed, error.available) == (2, 1)


async def test_moderated_words_cost_nothing_and_can_be_tried_again(studio):
    studio.first.script.will("follow", Moderated("no"))
    job = await enhanced(studio)
    assert (job.failure, await studio.funds()) == ("moderated", (100, 0))

    telling(studio, WORDS)
    again = await retry(studio, job.id)
    job = await studio.render(again.view.id)

    assert (job.task, job.answer, job.is_private) == ("enhance", WORDS, True)


async def test_description_told_anew_starts_from_the_same_picture(studio):
    first = await described(studio)

    telling(studio, "other words")
    job = await studio.render((await reroll(studio, first.id)).view.id)

    assert (job.answer, job.inputs["image"]) == ("other words", first.inputs["image"])


async def test_words_that_were_shown_and_not_settled_are_settled_once(studio):
    job_id = await asked(studio, ImageWish("a fox", task="enhance"))
    telling(studio, WORDS)
    at_board = studio.delivery.script.gate("delivered")
    studio.begin(job_id)
    await at_board.reached()

    job = await studio.crash_and_render(job_id)

    assert (job.status, job.delivered) == ("done", 1)
    assert len({one.message_id for one in studio.delivery.posted}) == 1
    assert len(studio.first.submits) == 1
    assert await studio.funds() == (99, 0)


async def test_words_wait_for_discord(studio):
    studio.delivery.script.will("deliver", NotNow("offline"))

    job = await enhanced(studio)

    assert (job.status, len(studio.delivery.posted)) == ("done", 1)


async def test_words_that_reach_nobody_cost_nothing_and_wait(studio):
    studio.delivery.script.will("deliver", Undeliverable("no place"))

    job = await enhanced(studio)

    assert (job.status, job.failure, job.answer) == ("failed", "undeliverable", WORDS)
    assert await studio.funds() == (100, 0)
    view = await studio.services.work.find_shown(studio.origin(), job.id)
    assert view.answer == WORDS


async def test_words_have_no_picture_to_go_on_from(studio):
    job = await described(studio)

    await refused(studio, pick(studio, job.id), NoSuchPicture)
    await refused(studio, press(studio, job.id, "zoom_out"), NoSuchPicture)
    await refused(studio, press(studio, job.id, "final"), NoSuchPicture)
    toggled = studio.services.favourites.toggle(studio.origin(), job.id, 1)
    await refused(studio, toggled, NoSuchPicture)


# A picture of words.


async def test_words_offer_their_picture_and_its_price(studio):
    job = await described(studio)

    assert shown(studio, job).prices == {"draw": 3, "reroll": 2}


async def test_picture_of_a_description_is_drawn_from_its_words(studio):
    parent = await described(studio)

    job = await studio.render((await follow(studio, parent, "draw")).view.id)

    assert (job.status, job.task, job.action) == ("done", "imagine", "draw")
    assert (job.parent_id, job.inputs["prompt"]) == (parent.id, WORDS)
    assert await studio.funds() == (95, 0)


async def test_flags_that_the_words_kept_are_obeyed(studio):
    parent = await enhanced(studio, words="a fox at dawn --ar 3:2 --no dogs")

    accepted = await follow(studio, parent, "draw")

    view = accepted.view
    assert (view.prompt, view.aspect_ratio, view.negative_prompt) == (
        "a fox at dawn",
        "3:2",
        "dogs",
    )


@pytest.mark.parametrize("words", ["a {red, blue} fox", "a fox --frob", "a fox --repeat 3"])
async def test_what_the_words_cannot_mean_is_drawn_as_words(studio, words):
    parent = await enhanced(studio, words=words)

    accepted = await follow(studio, parent, "draw")

    assert (accepted.view.prompt, accepted.view.count) == (words, 1)


async def test_ten_presses_of_imagine_this_are_one_job(studio):
    parent = await described(studio)

    accepted = await asyncio.gather(*(follow(studio, parent, "draw") for _ in range(10)))

    assert len({one.view.id for one in accepted}) == 1
    assert sum(one.is_new for one in accepted) == 1


async def test_picture_of_better_words_is_as_public_as_the_person_likes(studio):
    parent = await enhanced(studio)

    usual = await follow(studio, parent, "draw")
    again = await follow(studio, parent, "reroll")
    await studio.services.preferences.change(studio.origin(), visibility="private")
    hidden = await follow(studio, parent, "remix", "a wolf")
    direct = await follow(studio, parent, "draw", is_private=True)

    assert not usual.view.address.is_private
    assert again.view.address.is_private
    assert hidden.view.address.is_private
    assert direct.view.id == usual.view.id


async def test_picture_of_better_words_that_waits_for_an_answer_is_public_too(studio):
    parent = await enhanced(studio)
    await studio.services.preferences.change(studio.origin(), confirm_above=0)
    with pytest.raises(NeedsAnswer) as ask:
        await follow(studio, parent, "draw")

    confirmed = studio.services.wishing.confirm(studio.origin(), ask.value.ask_id)
    (accepted,) = [one async for one in confirmed]

    assert not accepted.view.address.is_private
    assert (accepted.view.action, accepted.view.prompt) == ("draw", WORDS)


async def test_picture_of_a_private_description_is_private(studio):
    parent = await described(studio, is_private=False)
    assert not (await follow(studio, parent, "draw")).view.address.is_private

    telling(studio, WORDS)
    wish = ImageWish("", task="describe", image=Source(**parent.inputs["image"]))
    accepted = await studio.services.wishing.wish(
        studio.origin(), wish, action="describe", visibility="private"
    )
    hidden = await studio.render(accepted.view.id)
    studio.first.outputs = None

    assert (await follow(studio, hidden, "draw")).view.address.is_private
    with pytest.raises(UnknownJob):
        await follow(studio, hidden, "draw", user_id=SAM)


async def test_remix_of_words_draws_what_they_were_made_into(studio):
    parent = await described(studio)
    making = studio.services.making
    assert await making.words_of(studio.origin(), parent.id) == WORDS

    job = await studio.render((await remix(studio, parent.id, "a teal fox")).view.id)

    assert (job.task, job.inputs["prompt"], job.delivered) == ("imagine", "a teal fox", 1)


async def test_job_without_words_draws_nothing(studio):
    parent = await studio.finished(count=1)

    await refused(studio, press(studio, parent.id, "draw", 0), BadPrompt)


# What is told of them elsewhere.


async def test_words_are_in_the_history_and_the_export(studio):
    job = await described(studio)

    page = await studio.services.history.page(studio.origin(), Looked())
    export = await studio.services.privacy.export(studio.origin())

    (line,) = page.lines
    assert (line.id, line.answer, line.prompt, line.charged) == (job.id, WORDS, "", 2)
    assert WORDS in export.data.decode()


async def test_forgotten_words_are_gone(studio):
    job = await described(studio)

    await studio.services.privacy.forget(studio.origin())

    assert (await studio.job(job.id)).answer is None
    assert WORDS not in str(await studio.rows())
