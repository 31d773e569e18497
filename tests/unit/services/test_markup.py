"""A server's markup: on every price that its people see or pay, and on nothing else."""

import pytest

from bot.services import ImageWish
from tests.unit.services.presses import press, reroll
from tests.unit.services.studio import COST_USD_MICROS, SERVER, model, route

OTHER = SERVER + 1


async def mark_up(studio, percent, server_id=SERVER):
    servers = studio.services.servers
    async with studio.db.write() as conn:
        await servers.write(conn, server_id, {"markup_percent": percent})
    await servers.refresh()


@pytest.mark.parametrize(
    ("percent", "price"), [(0, 3), (1, 4), (33, 4), (34, 5), (100, 6), (1000, 33)]
)
async def test_price_is_rounded_up_for_each_picture(studio, percent, price):
    await mark_up(studio, percent)
    making = studio.services.making

    quote = making.quote(ImageWish("a fox", "fox", count=4), server_id=SERVER)
    (fox,) = making.models("fox", server_id=SERVER)

    assert (quote.price, quote.unit_price) == (4 * price, price)
    assert quote.cost_usd_micros == 4 * COST_USD_MICROS
    assert fox.tasks["imagine"].price == price
    assert making.quote(ImageWish("a fox", "fox"), server_id=OTHER).price == 3


async def test_choice_of_auto_is_marked_up_once(studio):
    await mark_up(studio, 100)

    quote = studio.services.making.quote(ImageWish("a fox"), server_id=SERVER)

    assert (quote.model.name, quote.price) == ("fox", 6)


async def test_hosts_price_is_marked_up_too(studio):
    await mark_up(studio, 50)
    await studio.services.supply.set_price(studio.origin(), "fox", "imagine", 5)

    quote = studio.services.making.quote(ImageWish("a fox", "fox"), server_id=SERVER)

    assert quote.price == 8
    assert studio.services.supply.prices("fox")[0].price == 5


async def test_what_is_free_stays_free(studio):
    studio.learn(model(name="gift", price=0, routes=[route("first", cost_usd_micros=0)]))
    await mark_up(studio, 1000)

    job = await studio.finished(model="gift", count=4)

    assert (job.price, job.status) == (0, "done")


async def test_job_its_buttons_and_what_follows_are_marked_up(studio):
    await mark_up(studio, 100)
    await studio.give(1000)

    job = await studio.finished(model="deft", count=1)
    shown = studio.delivery.outcome(job.id).view
    again = await reroll(studio, job.id)
    larger = await press(studio, job.id, "up_subtle")
    making = studio.services.making
    asked = await making.quote_of(studio.origin(), job.id, 0, action="reroll")

    assert (job.price, shown.price, again.view.price, asked.price) == (6, 6, 6, 6)
    assert shown.prices["reroll"] == 6
    assert shown.prices["up_subtle"] == larger.view.price == 14
    await studio.check_books()


async def test_what_was_made_before_is_shown_for_nothing(studio):
    await mark_up(studio, 100)
    asked = {"seed": 7, "said": ("seed",), "count": 1}
    await studio.finished(**asked)

    again = await studio.finished(**asked)

    assert (again.action, again.price) == ("reuse", 0)


async def test_job_under_way_keeps_the_price_it_was_accepted_at(studio):
    job_id = await studio.accepted(count=1)
    await mark_up(studio, 100)

    job = await studio.render(job_id)

    assert (job.price, studio.delivery.outcome(job_id).view.price) == (3, 3)


async def test_showroom_and_suggestions_say_what_people_pay(studio):
    await mark_up(studio, 100)
    showroom = studio.services.showroom

    sheet = await showroom.sheet(studio.origin(), "imagine", "fox")
    page = showroom.page("imagine", "fox", server_id=SERVER)
    listed = showroom.models("imagine", server_id=SERVER)

    assert sheet.offer.price == 6
    assert [one.tasks["imagine"].price for one in page.models] == [6]
    assert listed[0].tasks["imagine"].price == 6
