"""What `/help` says: every command in one line, by what people want."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Audience = Literal["everybody", "moderators", "administrators", "host"]


@dataclass(frozen=True)
class Topic:
    """A part of the help, and for whom it is."""

    title: str
    lines: str
    audience: Audience = "everybody"


TOPICS: Mapping[str, Topic] = {
    "make": Topic(
        "Make pictures",
        """`/imagine` draws from your words, or from a picture · `/cost` says what it would cost
`/edit` changes a picture as you say · `/upscale` makes it larger · `/blend` makes one of several
`/describe` puts a picture into words · `/enhance` makes your words richer · `/models` what there is
`/loras` finds add-ons that teach a model a style, for the option `lora`""",
    ),
    "work": Topic(
        "Your work",
        """`/jobs` what runs and what you made · `/show` posts a job again · `/cancel` stops one
`/history` everything you made · `/preset` settings under a name
`/settings` what counts when you do not say · `/privacy` get or delete what is stored about you""",
    ),
    "credits": Topic(
        "Credits",
        """`/balance` what you have · `/daily` a few more every day (UTC) · `/gift` some to others
`/transactions` what moved them · `/leaderboard` who is ahead here
You pay only for pictures you receive: what fails or is stopped costs nothing.""",
    ),
    "result": Topic(
        "Under a result",
        """U1-U4 bring one picture alone, free · V1-V4 vary it · 🔄 draws the same words anew · ✏️ \
other words
Under a single picture: larger, varied, zoomed out, panned, square · ❤️ keep · ✉️ send to you""",
    ),
    "prompt": Topic(
        "In a prompt",
        """`--ar 16:9 --no dogs --seed 7 --q 2 --repeat 3`, and `a {red, blue} fox` for two \
pictures""",
    ),
    "moderators": Topic(
        "Moderators",
        """`/credits` gives and takes somebody's credits, or a role's, and says who did
`/mod queue` reports and appeals · `/mod warn`, `suspend`, `ban`, `unban`, `note` about somebody
`/mod history` what is known of them · `/mod remove` takes a picture away, wherever it is
`/filter` which words are not wanted here · `/filter test` tries some""",
        audience="moderators",
    ),
    "administrators": Topic(
        "Administrators",
        """`/setup` makes a server ready, step by step · `/config` every setting, one by one
`/stats` what was made and what it cost
`/credits tier` how much a role may ask for""",
        audience="administrators",
    ),
    "host": Topic(
        "The bot's host",
        """`/owner provider` which are used · `/owner price` of a model · `/owner budget` of a month
`/owner servers` who is served · `/owner grant` fills a treasury · `/stats everywhere:True`""",
        audience="host",
    ),
}


def help_text(audiences: frozenset[Audience]) -> str:
    """Return the whole help for somebody."""
    parts = [
        f"**{topic.title}**\n{topic.lines}"
        for topic in TOPICS.values()
        if topic.audience in audiences and topic.lines
    ]
    return "\n".join(parts)
