"""The same book driven by hypothesis: it thinks the rounds up, and shrinks what breaks one."""

import asyncio
import functools
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from bot.db import Database
from tests.unit.conftest import url_of
from tests.unit.ledger.model import PEOPLE, Command
from tests.unit.ledger.test_interleaving import Run
from tests.unit.ledger.whim import Turn, Whim

keys = st.integers(0, 9).map("key:{}".format)
amounts = st.integers(1, 40)
people = st.sampled_from(PEOPLE)
pairs = st.permutations(PEOPLE).map(lambda order: order[:2])
commands = st.one_of(
    st.builds(Command, st.just("fund"), keys, amounts),
    st.builds(Command, st.just("grant"), keys, amounts, people),
    st.builds(Command, st.just("hold"), keys, amounts, people),
    st.builds(Command, st.just("capture"), keys, st.integers(0, 30)),
    st.builds(Command, st.just("release"), keys),
    st.builds(Command, st.just("adjust"), keys, amounts | amounts.map(int.__neg__), people),
    st.builds(
        lambda key, amount, pair: Command("transfer", key, amount, *pair), keys, amounts, pairs
    ),
)
turns = st.builds(Turn, commands, st.integers(0, 1), st.integers(0, 3), st.integers(0, 3))


@functools.cache
def migrated() -> bytes:
    """Return a migrated file, made once: migrating each time would be most of the time."""
    with TemporaryDirectory() as folder, asyncio.Runner() as runner:
        path = Path(folder) / "book.sqlite"
        db = Database(url_of(path))
        runner.run(db.migrate())
        runner.run(db.close())
        return path.read_bytes()


class Book(RuleBasedStateMachine):
    """One database, opened by two processes, and the model beside it."""

    def __init__(self):
        super().__init__()
        self.folder = TemporaryDirectory()
        self.runner = asyncio.Runner()
        path = Path(self.folder.name) / "book.sqlite"
        path.write_bytes(migrated())
        self.processes = (Database(url_of(path)), Database(url_of(path)))
        self.run = Run(self.processes, Whim(0))
        self.runner.run(self.run.begin())

    @rule(round_=st.lists(turns, min_size=2, max_size=5))
    def several_tasks_write_at_once(self, round_):
        self.runner.run(self._all(round_))

    @invariant()
    def the_book_is_what_the_model_says(self):
        self.runner.run(self.run.check())

    def teardown(self):
        for process in self.processes:
            self.runner.run(process.close())
        self.runner.close()
        self.folder.cleanup()

    async def _all(self, round_):
        await asyncio.gather(*(self.run.take(turn) for turn in round_))


TestBook = Book.TestCase
TestBook.settings = settings(
    max_examples=12, stateful_step_count=12, deadline=None, derandomize=True, database=None
)
