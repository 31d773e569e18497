"""How far runs at Replicate are, read from their models' logs."""

import itertools

import pytest

from bot.providers import _replicate_progress
from tests.standins.replicate_runs import DONE, State, bar
from tests.standins.replicate_shop import buy, follow, open_shop


@pytest.fixture
async def shop():
    async with open_shop() as shop:
        yield shop


async def _changes(shop, *states):
    # The order is answered with the first, and the first look finds the second.
    shop.script = [State("starting"), State("starting"), *states, DONE]
    provider = shop.connect()
    return await follow(provider, await buy(shop, provider))


@pytest.mark.parametrize(
    ("lines", "percents"),
    [
        ([bar(7), bar(14)], [25, 50, 100]),
        ([bar(14), bar(7)], [50, 100]),
        ([bar(16, 16), bar(0, 5), bar(5, 5)], [99, 100]),
        ([bar(4, label="flux_train_replicate: "), bar(14, label="Sampling:")], [14, 50, 100]),
        ([" 45%|####5     | 452/1000 [01:02<02:03, 9.1it/s, lr: 4.0e-04]"], [45, 100]),
        ([f"\r{bar(3)}\r{bar(7)}\r"], [25, 100]),
        ([f"{bar(7)}\x1b[A", bar(14, label="Total progress: ")], [25, 50, 100]),
        ([bar(28, label="Loading pipeline components...: "), bar(7)], [25, 100]),
        ([bar(28, label="Fetching 12 files: ")], [100]),
        (["100% sure", "Prompt: 50%| fox", "12/28", "3.50%|x| 1/2"], [100]),
        (["999%|x| 9/1"], [99, 100]),
        (["Running prediction...", "Generated image in 6.8sec"], [100]),
        (["", "  "], [100]),
    ],
)
async def test_percent_is_read_from_the_log_and_never_falls(shop, lines, percents):
    changes = await _changes(shop, *(State("processing", logs=[line]) for line in lines))

    told = [change.percent for change in changes if change.percent is not None]
    assert sorted(set(told)) == percents
    assert told == sorted(told)
    assert all(before != after for before, after in itertools.pairwise(changes))


async def test_model_without_bars_shows_its_last_line(shop):
    changes = await _changes(
        shop,
        State("processing", logs=["Using seed: 47742", "Generating image..."]),
        State("processing"),
        State("processing", logs=["Generated image in 6.8sec"]),
    )

    assert [(change.percent, change.log_line) for change in changes] == [
        (None, None),
        (None, "Generating image..."),
        (None, "Generated image in 6.8sec"),
        (100, "Generated image in 6.8sec"),
    ]


async def test_bar_that_is_drawn_anew_is_told_as_it_was_last(shop):
    log = f"Sampling\r{bar(3)}\r{bar(7)}\r"

    changes = await _changes(shop, State("processing", logs=[log]))

    assert changes[1].log_line == " ".join(bar(7).split())


async def test_log_line_is_one_bounded_printable_line_without_addresses(shop):
    line = "\x1b[0;32mGET\x1b[0m https://api.replicate.com/v1/files/x?sig=1 \u202e" + "c" * 5000

    changes = await _changes(shop, State("processing", logs=[line]))

    told = changes[1].log_line
    assert told.startswith("GET (link) c")
    assert told.isprintable()
    assert len(told) <= 200


async def test_run_that_does_not_begin_is_warming_up(shop, monkeypatch):
    monkeypatch.setattr(_replicate_progress, "WARM_UP_S", 0.0)

    changes = await _changes(shop, State("processing"), State("processing", logs=["go"]))

    assert [change.log_line for change in changes] == ["warming up", None, "go", "go"]


async def test_run_that_begins_in_time_says_nothing_of_warming_up(shop, monkeypatch):
    monkeypatch.setattr(_replicate_progress, "WARM_UP_S", 3600.0)

    changes = await _changes(shop, State("processing"), State("starting"))

    assert [change.log_line for change in changes] == [None, None]
