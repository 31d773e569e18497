"""What Discord takes as embeds."""

import pytest

from tests.unit.sandbox.refusals import both_sides, png, sent

TOO_LONG = ["BASE_TYPE_MAX_LENGTH"]
BAD_LENGTH = ["BASE_TYPE_BAD_LENGTH"]


@pytest.mark.rule("3/embeds")
def test_message_has_at_most_10_embeds():
    fits, exceeds = both_sides(lambda n: sent({"embeds": [{"title": "x"}] * n}), 10)

    assert fits == {}
    assert exceeds == {"embeds": TOO_LONG}


@pytest.mark.rule("3/embed-texts")
@pytest.mark.parametrize(
    ("make", "most", "at"),
    [
        (lambda n: {"title": "x" * n}, 256, "title"),
        (lambda n: {"description": "x" * n}, 4096, "description"),
        (lambda n: {"footer": {"text": "x" * n}}, 2048, "footer.text"),
        (lambda n: {"author": {"name": "x" * n}}, 256, "author.name"),
        (lambda n: {"fields": [{"name": "x" * n, "value": "v"}]}, 256, "fields.0.name"),
        (lambda n: {"fields": [{"name": "n", "value": "x" * n}]}, 1024, "fields.0.value"),
        (lambda n: {"fields": [{"name": "n", "value": "v"}] * n}, 25, "fields"),
    ],
)
def test_each_text_of_an_embed_has_its_limit(make, most, at):
    fits, exceeds = both_sides(lambda n: sent({"embeds": [make(n)]}), most)

    assert fits == {}
    assert list(exceeds) == [f"embeds.0.{at}"]


@pytest.mark.rule("3/embed-texts")
def test_field_of_an_embed_wants_name_and_value():
    found = sent({"embeds": [{"fields": [{"name": "n"}, {"name": "", "value": "v"}]}]})

    assert found == {
        "embeds.0.fields.0.value": ["BASE_TYPE_REQUIRED"],
        "embeds.0.fields.1.name": BAD_LENGTH,
    }


@pytest.mark.rule("3/embed-total")
def test_embeds_have_at_most_6000_characters_together():
    def two_embeds(total):
        full = {
            "title": "t" * 100,
            "description": "d" * 2500,
            "footer": {"text": "f" * 200},
            "author": {"name": "a" * 100},
            "fields": [{"name": "n" * 50, "value": "v" * 50}],
        }
        return sent({"embeds": [full, {"description": "x" * (total - 3000)}]})

    fits, exceeds = both_sides(two_embeds, 6000)

    assert fits == {}
    assert exceeds == {"embeds": ["MAX_EMBED_SIZE_EXCEEDED"]}


@pytest.mark.rule("4/embed-image")
@pytest.mark.parametrize("name", ["a.png", "a.jpg", "a.jpeg", "a.webp", "a.GIF"])
def test_embed_shows_an_attached_picture(name):
    body = {"embeds": [{"image": {"url": f"attachment://{name}"}}]}

    assert sent(body, uploads=[png(name)]) == {}


@pytest.mark.rule("4/embed-image")
@pytest.mark.parametrize("place", ["image", "thumbnail"])
def test_embed_shows_no_other_attachment(place):
    body = {"embeds": [{place: {"url": "attachment://a.mp4"}}]}

    assert list(sent(body, uploads=[png("a.mp4")])) == [f"embeds.0.{place}.url"]


@pytest.mark.rule("4/media-url")
def test_embed_links_lead_to_the_web_only():
    found = sent({"embeds": [{"url": "ftp://x", "footer": {"icon_url": "file:///x.png"}}]})

    assert found == {
        "embeds.0.url": ["URL_TYPE_INVALID_SCHEME"],
        "embeds.0.footer.icon_url": ["URL_TYPE_INVALID_SCHEME"],
    }
