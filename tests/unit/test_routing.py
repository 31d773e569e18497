"""Which provider serves a job, and what it is asked for."""

import pytest

from bot.catalog import Offer
from bot.health import FAILURES_TO_OPEN, Health
from bot.routing import Routing, Rule, Rules, inputs_for
from tests.unit.services.scripted import Scripted
from tests.unit.services.studio import model

SENDS = {"prompt": "prompt", "size": "size", "seed": "seed"}


def route(provider: str, *, cost: int = 10, **more: object) -> dict[str, object]:
    sends = {**SENDS, **more.pop("sends", {})}
    return {
        "provider": provider,
        "endpoint": f"{provider}/fox",
        "cost_usd_micros": cost,
        "sends": sends,
        **more,
    }


def offer(*routes: dict[str, object], **more: object) -> Offer:
    return Offer.model_validate(
        {"price": 1, "sizes": {"1:1": [1024, 1024], "3:2": [1216, 832]}, "routes": routes, **more}
    )


@pytest.fixture
def health() -> Health:
    return Health()


@pytest.fixture
def routing(health: Health) -> Routing:
    return Routing({name: Scripted() for name in ("first", "second", "third")}, health)


TWO = offer(route("first", cost=30), route("second", cost=10), route("nobody"))


def names(choices) -> list[str]:
    return [choice.route.provider for choice in choices]


def test_routes_go_in_the_catalogs_order_without_providers_that_have_no_key(routing):
    assert names(routing.choices(TWO)) == ["first", "second"]


def test_cheapest_and_fastest_reorder_them(routing, health):
    routing.learn(Rules(policy="cheapest"), spent_usd_micros={})
    assert names(routing.choices(TWO)) == ["second", "first"]

    health.measured("first", "first/fox", 2.0)
    health.measured("second", "second/fox", 9.0)
    routing.learn(Rules(policy="fastest"), spent_usd_micros={})
    assert names(routing.choices(TWO)) == ["first", "second"]


def test_endpoint_that_was_never_measured_is_tried_first_under_fastest(routing, health):
    health.measured("first", "first/fox", 0.1)
    routing.learn(Rules(policy="fastest"), spent_usd_micros={})

    assert names(routing.choices(TWO)) == ["second", "first"]


def test_preferred_provider_goes_before_the_policy(routing):
    routing.learn(Rules(policy="cheapest", preferred="first"), spent_usd_micros={})

    assert names(routing.choices(TWO)) == ["first", "second"]


def test_disabled_provider_serves_nobody(routing):
    routing.learn(Rules({"first": Rule(is_enabled=False)}), spent_usd_micros={})

    assert names(routing.choices(TWO)) == ["second"]


@pytest.mark.parametrize(("spent", "found"), [(70, ["first", "second"]), (71, ["second"])])
def test_provider_at_its_cap_serves_nobody(routing, spent, found):
    routing.learn(Rules({"first": Rule(cap_usd_micros=100)}), spent_usd_micros={"first": spent})

    assert names(routing.choices(TWO)) == found


def test_failing_provider_is_skipped_and_still_counts_as_there(routing, health):
    for _ in range(FAILURES_TO_OPEN):
        health.failed("first")

    assert names(routing.choices(TWO)) == ["second"]
    assert names(routing.routes(TWO)) == ["first", "second"]


def test_endpoint_that_is_gone_hides_the_model(routing, health):
    fox = model(routes=[route("first", sends={"k": "count"})], takes={})
    assert routing.serves(fox, "imagine")

    health.gone("first", "first/fox")

    assert not routing.serves(fox, "imagine")


def test_avoided_providers_are_left_out(routing):
    assert names(routing.choices(TWO, avoid={"first"})) == ["second"]


def test_route_is_skipped_that_cannot_be_told_what_the_job_insists_on(routing):
    guided = offer(
        route("first"),
        route("second", sends={"g": "guidance"}),
        takes={"guidance": [1, 5]},
    )

    assert names(routing.choices(guided, {"insists": ["guidance"]})) == ["second"]
    assert names(routing.choices(guided, {"insists": []})) == ["first", "second"]


def test_route_is_skipped_that_makes_too_few(routing):
    many = offer(route("first", max_count=1), route("second", sends={"k": "count"}), max_count=4)

    assert names(routing.choices(many, {"count": 4})) == ["second"]
    assert names(routing.choices(many, {"count": 1})) == ["first", "second"]


def test_route_is_skipped_that_has_no_word_for_a_value(routing):
    named = offer(
        route("first", sends={"shape": "aspect_ratio"}, names={"aspect_ratio": {"1:1": "square"}}),
        route("second"),
    )

    assert names(routing.choices(named, {"aspect_ratio": "3:2"})) == ["second"]
    found = routing.choices(named, {"aspect_ratio": "1:1"})
    assert names(found) == ["first", "second"]
    asked = inputs_for(
        named, found[0].route, {"prompt": "a fox", "aspect_ratio": "1:1"}, count=1, pictures={}
    )
    assert asked["shape"] == "square"


def test_price_is_the_hosts_where_they_set_one(routing):
    fox = model()
    assert routing.price_of(fox, "imagine") == 3

    routing.learn(Rules(prices={("fox", "imagine"): 9}), spent_usd_micros={})

    assert routing.price_of(fox, "imagine") == 9
    assert routing.price_of(model(name="wolf"), "imagine") == 3


def asked(sends: dict[str, str], wish: dict[str, object], **more: object) -> dict[str, object]:
    only = offer(route("first", sends=sends, **more))
    return inputs_for(only, only.routes[0], wish, count=2, pictures={"image": "at-theirs"})


def test_size_is_sent_in_the_shape_that_the_endpoint_takes():
    wish = {"prompt": "a fox", "aspect_ratio": "3:2"}

    found = asked({"w": "width", "h": "height", "text": "size_text", "ratio": "aspect_ratio"}, wish)

    assert found["size"] == {"width": 1216, "height": 832}
    assert (found["w"], found["h"]) == (1216, 832)
    assert (found["text"], found["ratio"]) == ("1216x832", "3:2")


def test_route_may_have_pixels_of_its_own():
    wish = {"prompt": "a fox", "aspect_ratio": "3:2"}

    found = asked({"w": "width"}, wish, sizes={"3:2": [1024, 704]})

    assert (found["w"], found["size"]) == (1024, {"width": 1024, "height": 704})


def test_only_lora_is_sent_to_endpoints_that_take_one():
    loras = [{"path": "a/b", "scale": 0.5}]
    wish = {"prompt": "a fox", "loras": loras}

    found = asked({"all": "loras", "lora": "lora_reference", "scale": "lora_scale"}, wish)

    assert (found["all"], found["lora"], found["scale"]) == (loras, "huggingface.co/a/b", 0.5)


def test_only_picture_is_a_list_where_the_endpoint_takes_several():
    assert asked({"imgs": "images"}, {"prompt": "a fox"})["imgs"] == ["at-theirs"]


def test_empty_words_leave_the_endpoint_its_own():
    assert "prompt" not in asked({}, {"prompt": ""})


def test_what_nobody_said_is_absent():
    found = asked({"lora": "lora_reference", "k": "count", "img": "image"}, {"prompt": "a fox"})

    assert found == {"prompt": "a fox", "k": 2, "img": "at-theirs"}
