# ruff: noqa: RUF001 - letters that look like others are what this is about
"""Personal data: found as people write it, and not in seeds, sizes and dates."""

import pytest

from bot.policy import Asking, Screen


def found(prompt, **asking):
    verdict = Screen().check(Asking(prompt, **asking))
    return [(one.why, [prompt[start:end] for start, end in one.spans]) for one in verdict.findings]


@pytest.mark.parametrize(
    ("prompt", "why", "letters"),
    [
        ("write to jane.doe+x@mail.example.org please", "email", "jane.doe+x@mail.example.org"),
        ("JANE@EXAMPLE.COM", "email", "JANE@EXAMPLE.COM"),
        ("jane(at)example(dot)com", "email", "jane(at)example(dot)com"),
        ("j\u200bane@example.com", "email", "j\u200bane@example.com"),
        ("card 4111111111111111 on a table", "card", "4111111111111111"),
        ("card 4111-1111-1111-1111", "card", "4111-1111-1111-1111"),
        ("amex 378282246310005", "card", "378282246310005"),
        ("５５５５５５５５５５５５４４４４", "card", "５５５５５５５５５５５５４４４４"),
        ("call 415-555-2671", "phone", "415-555-2671"),
        ("+442079460958 in neon", "phone", "+442079460958"),
        ("a sign with 0171", None, None),
        ("phone: 5550123", None, None),
        ("phone: 555-0123", "phone", "555-0123"),
        ("tel. 030/12345678", "phone", "030/12345678"),
        ("whatsapp 0171/23456789", "phone", "0171/23456789"),
    ],
)
def test_personal_data_is_found(prompt, why, letters):
    found_one = found(prompt)
    if why is None:
        assert found_one == []
    else:
        assert (why, letters) in [(kind, " ".join(spans)) for kind, spans in found_one]


@pytest.mark.parametrize(
    "prompt",
    [
        "card 4111111111111112",
        "9999999999999999",
        "seed 4111111111111111",
        "seed=4155552671, 1024x1024",
        "1024x1024 2024-05-01 12:30:45",
        "1024-768-4000",
        "call of duty 2024-05-01 20:00",
        "phone wallpaper 1080 1920",
        "phone 1170x2532",
        "render@2x.png",
        "by @studio_fox",
        "masterpiece+1.4, 10+20",
        "512 512 768 768 1024 1024",
        "978-3-16-148410-0",
    ],
)
def test_other_numbers_are_left_alone(prompt):
    assert found(prompt) == []


def test_a_server_decides_what_follows():
    prompt = "jane@example.com"

    assert Screen().check(Asking(prompt)).action == "block"
    assert Screen().check(Asking(prompt, personal_data="flag")).action == "flag"
    assert Screen().check(Asking(prompt, personal_data="allow")).action is None
