"""The language inside a prompt: flags, lists, and the wishes that they make."""

import itertools
import math
import re
import time
from contextlib import suppress
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import BadFlag, TooManyPrompts, UnknownFlag, UserError
from bot.services import ImageWish, Source
from bot.services.prompts import RATIOS, expand, read_prompt, wishes_from

PICTURE = Source("ab" * 32, 640, 480)

# Lists.


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("a {red, blue} fox", ["a red fox", "a blue fox"]),
        ("{a, b} {1, 2}", ["a 1", "a 2", "b 1", "b 2"]),
        ("{a {b, c}, d}", ["a b", "a c", "d"]),
        ("a {, red} fox", ["a fox", "a red fox"]),
        ("{, one} {, red} fox", ["fox", "red fox", "one fox", "one red fox"]),
        ("a {red,} fox, asleep", ["a red fox, asleep", "a fox, asleep"]),
        ("fox{es , } asleep", ["foxes asleep", "fox asleep"]),
        ("{,}", ["", ""]),
        (r"{red\, wet, blue} fox", ["red, wet fox", "blue fox"]),
        (r"{\{, \}} fox", ["{ fox", "} fox"]),
        (r"\{red, blue\} fox", ["{red, blue} fox"]),
    ],
)
def test_list_makes_a_prompt_of_each_alternative_in_the_order_written(words, expected):
    assert expand(words) == expected


@pytest.mark.parametrize(
    "words",
    [
        "{red, blue fox",
        "red, blue} fox",
        "}{, ,",
        "{red} {} fox",
        "{{(red)}}",
        r"a\b c\, d \\",
        r"{a\, b",
    ],
)
def test_what_is_no_list_is_text(words):
    assert expand(words) == [words]


def test_list_inside_braces_that_do_not_pair_is_still_a_list():
    assert expand("{x, {a, b}") == ["{x, a", "{x, b"]


def test_escaped_comma_between_braces_is_a_comma():
    assert expand(r"{a\, b} c\, d") == [r"{a, b} c\, d"]


@pytest.mark.parametrize(
    ("words", "count"),
    [
        ("{a, b, c} {d, e}", 6),
        ("{a, {b, c} {d, e}}", 5),
        ("{{a, b} {c, d}, e, f}", 6),
        ("{a,b}" * 20_000, 1000),
        ("{a," * 20_000 + "}" * 20_000, 1000),
    ],
)
def test_too_many_prompts_are_refused_with_their_count(words, count):
    with pytest.raises(TooManyPrompts) as caught:
        expand(words, limit=4)

    assert (caught.value.count, caught.value.limit) == (count, 4)


def test_limit_is_reached_but_not_passed():
    many = f"{{{','.join('x' * 1500)}}}"

    assert len(expand("{a, b} {c, d, e, f, g}", limit=10)) == 10
    assert len(expand(many, limit=1500)) == 1500
    with pytest.raises(TooManyPrompts):
        expand(many, limit=1499)


def text_or_list(inner):
    return st.lists(st.one_of(WORD, st.lists(inner, min_size=2, max_size=3)), max_size=3)


# A prompt is a list of words and of lists of prompts; white space at the edges is another test's.
WORD = st.text("ab{},é🦊", max_size=3)
PROMPT = st.recursive(st.lists(WORD, max_size=2), text_or_list, max_leaves=6)


def written(prompt, depth=0):
    """Write a prompt as a person would."""
    special = "[{},]" if depth else "[{}]"
    return "".join(
        re.sub(special, r"\\\g<0>", part)
        if isinstance(part, str)
        else "{" + ",".join(written(one, depth + 1) for one in part) + "}"
        for part in prompt
    )


def meant(prompt):
    """Return what a prompt stands for, said in the shortest way."""
    choices = [
        [part] if isinstance(part, str) else [words for one in part for words in meant(one)]
        for part in prompt
    ]
    return ["".join(chosen) for chosen in itertools.product(*choices)]


def count(prompt):
    return math.prod(sum(map(count, part)) for part in prompt if not isinstance(part, str))


@given(PROMPT)
def test_as_many_prompts_are_made_as_the_lists_multiply_to(prompt):
    total = count(prompt)

    if total <= 50:
        assert len(expand(written(prompt), limit=50)) == total
        assert expand(written(prompt), limit=50) == meant(prompt)
    else:
        with pytest.raises(TooManyPrompts) as caught:
            expand(written(prompt), limit=50)
        assert caught.value.count == min(total, 1000)


# Flags.


@pytest.mark.parametrize(
    ("typed", "flags"),
    [
        ("--ar 16:9", {"ar": "16:9"}),
        ("--aspect 1920:1080", {"ar": "1920:1080"}),
        ("--no dogs, cats", {"no": "dogs, cats"}),
        ("--no dogs, --seed 4 --no  blue  cats", {"no": "dogs, blue cats", "seed": 4}),
        ("--no well--known -- dogs", {"no": "well--known -- dogs"}),
        ("--seed 4294967295", {"seed": 2**32 - 1}),
        ("--s 250", {"s": 250}),
        ("--stylize 0", {"s": 0}),
        ("--q .5", {"q": 0.5}),
        ("--quality 0.25", {"q": 0.25}),
        ("--q 2", {"q": 2}),
        ("--v 6.1", {"v": "6.1"}),
        ("--version 7", {"v": "7"}),
        ("--niji", {"niji": ""}),
        ("--niji 6 --tile", {"niji": "6", "tile": True}),
        ("--repeat 3", {"repeat": 3}),
        ("--r 8", {"repeat": 8}),
        ("--raw", {"raw": True}),
        ("--style raw", {"style": "raw"}),
        ("--iw 1.5", {"iw": 1.5}),
        ("--c 10 --weird 3000", {"chaos": 10, "weird": 3000}),
        ("--chaos 10 --w 3000", {"chaos": 10, "weird": 3000}),
        ("--sref https://a.example/1.png 77", {"sref": "https://a.example/1.png 77"}),
        ("--cref https://a.example/1.png", {"cref": "https://a.example/1.png"}),
        ("--fast", {"lane": "fast"}),
        ("--relax", {"lane": "relax"}),
        ("--tile --tile --seed 7 --seed 07", {"tile": True, "seed": 7}),
        ("--AR 3:2", {"ar": "3:2"}),
        ("\u2014ar 3:2 \u2013seed 7 \u2014-tile", {"ar": "3:2", "seed": 7, "tile": True}),
        ("--ar\n3:2\n--seed\t7", {"ar": "3:2", "seed": 7}),
    ],
)
def test_flag_is_read_as_midjourney_writes_it(typed, flags):
    behind = read_prompt(f"a fox {typed}")
    alone = read_prompt(typed)

    assert (behind.words, behind.flags) == ("a fox", flags)
    assert (alone.words, alone.flags) == ("", flags)


@pytest.mark.parametrize(
    "words",
    [
        "a well--known fox",
        "a fox -- asleep --",
        "a fox \u2014 asleep",
        "a fox --- asleep ---ar",
        "1990 --1999",
        '"--ar 1:1"',
        "a -ar fox",
        "--> a fox",
        "a  fox\u00a0\\",
    ],
)
def test_dashes_that_begin_no_flag_are_text(words):
    read = read_prompt(words)

    assert (read.words, read.flags) == (words, {})


def test_line_breaks_become_spaces():
    assert read_prompt(" a fox\r\nin\nsnow\u2028now\n").words == "a fox in snow now"


@pytest.mark.parametrize(
    ("typed", "name", "value"),
    [
        ("--ar", "ar", ""),
        ("--aspect wide", "aspect", "wide"),
        ("--ar 0:9", "ar", "0:9"),
        ("--ar 16x9", "ar", "16x9"),
        ("--ar 16:9 in the snow", "ar", "in the snow"),
        ("--ar 16:9 -- --seed 7", "ar", "--"),
        ("--tile in the snow --seed 7", "tile", "in the snow"),
        ("--niji 6 in the snow", "niji", "in the snow"),
        ("--ar 1:1 --aspect 3:2", "aspect", "3:2"),
        ("--relax --fast", "fast", "fast"),
        ("--no", "no", ""),
        ("--no , --tile", "no", ","),
        ("--seed -1", "seed", "-1"),
        ("--seed 4294967296", "seed", "4294967296"),
        ("--seed --tile", "seed", ""),
        ("--seed \u0663", "seed", "\u0663"),
        ("--q 3", "q", "3"),
        ("--q nan", "q", "nan"),
        ("--repeat 0", "repeat", "0"),
        ("--r 9", "r", "9"),
        ("--iw 3.01", "iw", "3.01"),
        ("--s 1" + "0" * 5000, "s", "1" + "0" * 5000),
        ("--v", "v", ""),
        ("--sref", "sref", ""),
    ],
)
def test_value_that_a_flag_does_not_take_is_named(typed, name, value):
    with pytest.raises(BadFlag) as caught:
        read_prompt(f"a fox {typed}")

    assert (caught.value.name, caught.value.value) == (name, value)
    assert caught.value.expected


def test_unknown_flags_are_all_named_at_once():
    with pytest.raises(UnknownFlag) as caught:
        read_prompt("a fox --ar 9 --fluffy 3 --ar16:9 --tile --Fluffy \u2014füchsin")

    assert caught.value.names == ("fluffy", "ar16:9", "füchsin")
    assert (caught.value.name, caught.value.is_known) == ("fluffy", False)


@given(st.text().filter(lambda text: not re.search(r"--|[\u2013\u2014{}]", text)))
def test_text_without_flags_and_braces_comes_back_unchanged(text):
    read = read_prompt(text)
    [wish] = wishes_from(ImageWish(text))

    assert expand(text) == [text.strip()]
    assert (read.words, read.flags) == (" ".join(text.splitlines()).strip(), {})
    assert wish.prompt.split() == text.split()


NUMBERED = st.sampled_from(
    [
        "fox{}",
        "well--known{}",
        "--no fox{}",
        "--no fox{}, \u2014{}",
        "--v {}.5",
        "--sref x{} y{}",
        "\u2014tile",
        "--relax",
        "--niji",
        "--p",
        "--s",
        "{}",
    ]
)


@given(st.lists(NUMBERED, max_size=12))
def test_no_word_is_lost(words):
    """Each word is one of its own, and the prompt and its flags hold them all or are refused."""
    text = " ".join(word.format(number, number) for number, word in enumerate(words, 300))

    try:
        read = read_prompt(text)
    except UserError:
        return

    kept = f"{read.words} {' '.join(map(str, read.flags.values()))}"
    flags = re.findall(r"(?<!\S)(?:--|\u2014)([a-z]+)", text)
    lost = set(re.findall(r"[^\s,]*[0-9]+", text)) - set(re.split(r"[\s,]+", kept))
    assert lost == set()
    assert read.flags.keys() == {"lane" if name == "relax" else name for name in flags}


SIGNS = ["{", "}", ",", "\\", " ", "\n", "--", "\u2014", "1:1", "16:9", "2", "0.5", "{a,b}"]
NAMES = ["ar ", "no ", "seed ", "q ", "iw ", "repeat ", "relax ", "fast ", "niji ", "sref "]
NASTY = st.lists(
    st.one_of(
        st.sampled_from(SIGNS),
        st.sampled_from([f" --{name}" for name in NAMES]),
        st.text(max_size=3),
    ),
    max_size=30,
).map("".join)


@given(NASTY)
def test_any_text_makes_wishes_or_is_refused(text):
    try:
        wishes = wishes_from(ImageWish(text, image=PICTURE))
    except UserError:
        return

    assert 1 <= len(wishes) <= 10
    assert wishes == wishes_from(ImageWish(text, image=PICTURE))


@pytest.mark.parametrize("piece", [*SIGNS, *NAMES, "{}", "{,", "{,}", "{a} ", "--a ", "--no a "])
def test_nasty_text_takes_time_in_proportion_to_its_length(piece):
    """Sixteen times the text would take 256 times as long if it were looked at again and again."""
    short, long = (_seconds(piece * size) for size in (1_000, 16_000))

    assert long < 100 * short


def _seconds(text):
    """Return the least of three times, which is the least disturbed."""
    times = []
    for _ in range(3):
        start = time.process_time()
        with suppress(UserError):
            wishes_from(ImageWish(text))
        times.append(time.process_time() - start)
    return max(min(times), 1e-4)


# Wishes.


@pytest.mark.parametrize(
    ("typed", "changes"),
    [
        ("--ar 16:9", {"aspect_ratio": "16:9"}),
        ("--ar 1920:1080", {"aspect_ratio": "16:9"}),
        ("--ar 7:4", {"aspect_ratio": "16:9"}),
        ("--ar 100:102", {"aspect_ratio": "1:1"}),
        ("--ar 102:100", {"aspect_ratio": "1:1"}),
        ("--no dogs --no cats", {"negative_prompt": "dogs, cats"}),
        ("--seed 7", {"seed": 7}),
        ("--q .25", {"quality": "draft"}),
        ("--q 0.5", {"quality": "draft"}),
        ("--q 1", {"quality": "standard"}),
        ("--q 2", {"quality": "high"}),
        ("--q 4", {"quality": "high"}),
        ("--relax", {"lane": "relax"}),
        ("--fast", {}),
        ("--ar 9:21 --seed 0", {"aspect_ratio": "9:21", "seed": 0}),
    ],
)
def test_flag_sets_the_option_it_stands_for(typed, changes):
    wish = ImageWish("", "fox", count=2)

    wishes = wishes_from(replace(wish, prompt=f"a fox {typed}"))

    assert [replace(one, said=()) for one in wishes] == [replace(wish, prompt="a fox", **changes)]
    assert set(changes) <= set(wishes[0].said)


@pytest.mark.parametrize("ratio", RATIOS)
def test_every_ratio_of_ours_is_itself(ratio):
    assert wishes_from(ImageWish(f"--ar {ratio}"))[0].aspect_ratio == ratio


@pytest.mark.parametrize("ratio", ["5:4", "2:1", "103:100", "100:103", "99999:1"])
def test_ratio_that_is_not_near_ours_is_refused_with_ours(ratio):
    with pytest.raises(BadFlag) as caught:
        wishes_from(ImageWish(f"a fox --ar {ratio}"))

    assert (caught.value.name, caught.value.value) == ("ar", ratio)
    assert all(ours in caught.value.expected for ours in RATIOS)


@pytest.mark.parametrize(
    ("weight", "strength"), [("0", 1.0), ("1", 0.67), ("1.5", 0.5), ("2", 0.33), ("3", 0.0)]
)
def test_image_weight_is_the_other_side_of_strength(weight, strength):
    [kept] = wishes_from(ImageWish(f"--iw {weight}", image=PICTURE))
    [coming] = wishes_from(ImageWish(f"--iw {weight}", task="vary"))

    assert kept.strength == coming.strength == strength


def test_image_weight_without_a_picture_is_refused():
    with pytest.raises(BadFlag) as caught:
        wishes_from(ImageWish("a fox --iw 2"))

    assert (caught.value.name, caught.value.value) == ("iw", "2")
    assert "picture" in caught.value.expected


def test_typed_options_win():
    typed = ImageWish(
        "a fox",
        aspect_ratio="1:1",
        negative_prompt="frogs",
        seed=0,
        quality="high",
        strength=0.0,
        image=PICTURE,
        lane="relax",
    )
    flags = "--ar 3:2 --no dogs --seed 7 --q 1 --iw 1 --fast"

    assert wishes_from(replace(typed, prompt=f"a fox {flags}")) == [typed]


@pytest.mark.parametrize(
    ("typed", "names"),
    [
        ("--v 6.1 --ar 16:9 --s 250 --style raw", ("v", "s", "style")),
        ("--niji --tile --raw", ("niji", "tile", "raw")),
        ("--chaos 1 --w 2 --sref 1 --cref 2", ("chaos", "weird", "sref", "cref")),
        ("--p --draft --turbo", ("p", "draft", "turbo")),
    ],
)
def test_flags_without_a_meaning_here_are_all_named(typed, names):
    with pytest.raises(UnknownFlag) as caught:
        wishes_from(ImageWish(f"a fox {typed}"))

    assert (caught.value.names, caught.value.is_known) == (names, True)


def test_lists_are_expanded_before_flags_are_read():
    wishes = wishes_from(ImageWish("a {red, blue} fox --ar {1:1, 16:9}"))

    assert [(wish.prompt, wish.aspect_ratio) for wish in wishes] == [
        ("a red fox", "1:1"),
        ("a red fox", "16:9"),
        ("a blue fox", "1:1"),
        ("a blue fox", "16:9"),
    ]


def test_repeat_makes_each_wish_so_many_times_in_its_place():
    wishes = wishes_from(ImageWish("{red, blue} fox --repeat {2, 1}"))

    assert [wish.prompt for wish in wishes] == ["red fox"] * 3 + ["blue fox"] * 3


def test_repeats_and_lists_share_one_limit():
    most = wishes_from(ImageWish("{red, blue} fox --r 5"))
    with pytest.raises(TooManyPrompts) as caught:
        wishes_from(ImageWish("{red, blue} fox --r 6"))

    assert len(most) == 10
    assert (caught.value.count, caught.value.limit) == (12, 10)


def test_wish_without_words_is_itself():
    wish = ImageWish("", "clarity", task="upscale", image=PICTURE, scale=2.0)

    assert wishes_from(wish) == [wish]
