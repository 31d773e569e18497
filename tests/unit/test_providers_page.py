"""`docs/providers.md` says what the code does."""

import asyncio

import pytest

from bot import catalog, providers
from tests.providers_page import PAGE, ROOT, SUITE, own_tests, page

NAMES = [found.name for found in providers.find_all()]


async def test_page_is_up_to_date():
    written = PAGE.read_text(encoding="utf-8")

    assert await asyncio.to_thread(page) == written, "run python -m tests.providers_page"


@pytest.mark.parametrize("name", NAMES)
def test_every_provider_has_own_tests_its_own_beside_the_suite(name):
    found = own_tests(name)

    assert found
    assert all((ROOT / path).exists() for path in [SUITE, *found])


def test_every_route_of_the_catalog_names_a_provider_that_there_is():
    routes = [
        route.provider
        for model in catalog.load().all()
        for offer in model.tasks.values()
        for route in offer.routes
    ]

    assert set(routes) <= set(NAMES)
