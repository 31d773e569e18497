"""What the painter understands of a prompt: a small lexicon, no grammar.

Words it does not know still change the picture, because the dice are thrown from the whole text.
"""

import re
from dataclasses import dataclass
from itertools import pairwise

_THINGS = {
    "sun": "sun sunny sunshine sunlight sunlit",
    "moon": "moon moonlight moonlit lunar crescent",
    "stars": "star starry galaxy cosmos nebula constellation universe milky",
    "cloud": "cloud cloudy overcast",
    "rain": "rain rainy drizzle downpour monsoon",
    "snowfall": "snowfall snowing blizzard snowflake",
    "aurora": "aurora borealis polar",
    "rainbow": "rainbow",
    "lightning": "lightning thunder thunderstorm",
    "sea": "sea ocean beach coast coastal wave harbor harbour island bay seaside tropical",
    "lake": "lake river pond water reflection stream fjord lagoon",
    "mountain": "mountain peak alp cliff summit volcano himalaya everest matterhorn range",
    "hill": "hill valley countryside farm village",
    "forest": "forest wood woodland jungle pine fir spruce tree grove taiga redwood",
    "meadow": "meadow field grass garden park prairie lawn pasture grassland",
    "flower": "flower rose tulip daisy poppy sunflower blossom bouquet lavender lily bloom orchid"
    " wildflower floral peony",
    "desert": "desert dune sahara sand canyon wasteland arizona",
    "city": "city skyline town downtown street skyscraper tokyo manhattan cyberpunk metropolis"
    " building york london paris urban futuristic",
    "house": "house cottage cabin hut barn home farmhouse",
    "castle": "castle fortress palace tower kingdom citadel fairytale",
    "lighthouse": "lighthouse beacon",
    "boat": "boat ship sail sailboat sailing yacht pirate",
    "balloon": "balloon",
    "planet": "planet saturn mars alien jupiter space spaceship orbit astronaut rocket",
    "bird": "bird crow raven eagle dove gull seagull swallow flock sparrow parrot crane",
    "cat": "cat kitten kitty feline tabby",
    "fox": "fox vixen kitsune",
    "wolf": "wolf dog puppy husky hound coyote shiba corgi doge",
    "bear": "bear grizzly cub teddy",
    "panda": "panda",
    "rabbit": "rabbit bunny hare",
    "owl": "owl",
    "lion": "lion lioness",
    "deer": "deer stag elk reindeer moose fawn doe",
    "portrait": "portrait woman girl man boy person face lady queen king princess prince wizard"
    " witch elf knight samurai people human warrior goddess selfie",
    "abstract": "abstract pattern geometric cubist cubism fractal ribbon swirl shape psychedelic"
    " surreal wallpaper texture",
}
_TONES = {
    "dawn": "dawn sunrise morning",
    "day": "day noon daylight bright sunny summer blue-sky",
    "sunset": "sunset dusk evening golden twilight warm autumn fall",
    "night": "night midnight nighttime moonlit moon starry star galaxy cosmos nebula aurora space"
    " dark universe planet borealis milky",
    "storm": "storm stormy thunder thunderstorm lightning rain rainy gloomy tempest apocalyptic"
    " dramatic hurricane",
    "neon": "neon cyberpunk synthwave vaporwave futuristic glowing retrowave",
    "pastel": "pastel soft gentle dreamy cute kawaii delicate",
    "mist": "mist misty fog foggy haze calm quiet serene peaceful zen winter",
}
_SEASONS = {
    "autumn": "autumn fall october november leaf",
    "winter": "winter snow snowy ice icy frozen snowfall blizzard frost christmas arctic polar",
    "spring": "spring blossom sakura cherry april",
    "summer": "summer july tropical",
}
_FINISHES = {
    "watercolour": "watercolour watercolor aquarelle wash",
    "ink": "ink sketch noir monochrome charcoal pencil etching",
    "neon": "neon cyberpunk synthwave vaporwave retrowave",
    "oil": "oil impasto impressionist impressionism gogh monet painterly brushstroke",
    "smooth": "smooth clean minimal minimalist vector flat photo photograph photorealistic",
}
_COLOURS = {
    "red": "red crimson scarlet ruby",
    "orange": "orange amber copper ginger",
    "yellow": "yellow lemon",
    "green": "green emerald jade mint olive",
    "teal": "teal turquoise cyan aqua",
    "blue": "blue azure navy indigo sapphire cobalt",
    "purple": "purple violet magenta lilac",
    "pink": "pink rosy salmon fuchsia",
    "brown": "brown chocolate sepia",
    "black": "black ebony",
    "white": "white ivory",
    "grey": "grey gray silver",
    "gold": "gold golden",
}
_OWN_COLOURS = {
    "sunflower": "yellow",
    "rose": "red",
    "poppy": "red",
    "lavender": "purple",
    "daisy": "white",
    "lily": "white",
    "tulip": "pink",
    "peony": "pink",
    "sakura": "pink",
}
BEASTS = frozenset({"cat", "fox", "wolf", "bear", "panda", "rabbit", "owl", "lion", "deer"})


@dataclass(frozen=True)
class Idea:
    """What to paint: names of things in the order they were said, and how it should feel."""

    things: tuple[str, ...]
    tone: str | None
    season: str | None
    finish: str | None
    colours: tuple[str, ...]
    coat: str | None

    def has(self, *names: str) -> bool:
        """Tell whether any of these was asked for."""
        return any(name in self.things for name in names)

    def first(self, names: frozenset[str]) -> str | None:
        """Name the first of these that was asked for."""
        return next((thing for thing in self.things if thing in names), None)


def read(prompt: str, negative_prompt: str) -> Idea:
    """Read what a prompt asks for; what the negative prompt names is left out."""
    words = words_in(prompt)
    banned = set(words_in(negative_prompt))
    wanted = [word for word in words if word not in banned]
    unwanted = set(_named(_THINGS, list(banned)))
    subjects = set(_named(_THINGS, wanted)) & (BEASTS | {"portrait", "flower"})
    coat = _coat(words) if subjects else None
    return Idea(
        things=tuple(thing for thing in _named(_THINGS, wanted) if thing not in unwanted),
        tone=next(iter(_named(_TONES, wanted)), None),
        season=next(iter(_named(_SEASONS, wanted)), None),
        finish=next(iter(_named(_FINISHES, wanted)), None),
        colours=tuple(name for name in _named(_COLOURS, wanted) if name != coat)[:2],
        coat=coat,
    )


def words_in(text: str) -> list[str]:
    """Split into lower-case words and put most plurals into the singular."""
    found = re.findall(r"[a-z]+", text.lower())
    return [re.sub(r"(?<=[a-z]{3})(?<!s)s$|(?<=x)es$", "", word) for word in found]


def _table(lexicon: dict[str, str]) -> dict[str, list[str]]:
    table: dict[str, list[str]] = {}
    for name, words in lexicon.items():
        for word in words.split():
            table.setdefault(word, []).append(name)
    return table


def _named(lexicon: dict[str, str], words: list[str]) -> list[str]:
    """List what the words name, in their order, each once."""
    table = _table(lexicon)
    return list(dict.fromkeys(name for word in words for name in table.get(word, ())))


def _coat(words: list[str]) -> str | None:
    """Find the colour said right before a subject, as in "a blue cat"."""
    colours, things = _table(_COLOURS), _table(_THINGS)
    for colour, thing in pairwise(words):
        if colour in colours and set(things.get(thing, ())) & (BEASTS | {"portrait", "flower"}):
            return colours[colour][0]
    return next((_OWN_COLOURS[word] for word in words if word in _OWN_COLOURS), None)
