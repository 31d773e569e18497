"""What a server's staff may decide: every setting, its bounds, and what counts without one."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Annotated, Any, Literal, cast, get_type_hints

from bot.errors import BadChoice, OutOfRange, UnknownSetting

Kind = Literal["number", "choice", "text", "channel", "channels", "roles"]
Ids = tuple[int, ...]
Value = int | str | Ids | None

MOST_PLACES = 50
LONGEST_TEXT = 1500
_MOST_ID = 2**63


@dataclass(frozen=True)
class Option:
    """One setting: how it is called, what it takes, and what it is for.

    `low` and `high` are for numbers (and count a text's characters), `choices` for choices.
    """

    name: str
    kind: Kind
    about: str
    default: Value
    low: int = 0
    high: int = 0
    choices: tuple[str, ...] = ()

    def check(self, value: object) -> Value:
        """Return a value as it is kept.

        Raises:
            OutOfRange, BadChoice: it is none that this setting takes.
        """
        if self.kind in ("channel", "channels", "roles"):
            return self._checked_ids(value)
        if self.kind == "number":
            return self._checked_number(value)
        if self.kind == "text":
            text = str(value).strip()
            self._checked_number(len(text))
            return text
        if not isinstance(value, str) or value not in self.choices:
            raise BadChoice(name=self.name)
        return value

    def _checked_number(self, value: object) -> int:
        if not isinstance(value, int) or isinstance(value, bool):
            raise BadChoice(name=self.name)
        if not self.low <= value <= self.high:
            raise OutOfRange(name=self.name, value=value, low=self.low, high=self.high)
        return value

    def _checked_ids(self, value: object) -> Value:
        if self.kind == "channel":
            return None if value is None else self._checked_id(value)
        found = cast("Sequence[object]", value if isinstance(value, list | tuple) else (value,))
        if len(found) > MOST_PLACES:
            raise BadChoice(name=self.name)
        return tuple(dict.fromkeys(self._checked_id(one) for one in found))

    def _checked_id(self, value: object) -> int:
        if not isinstance(value, int) or isinstance(value, bool) or not 0 < value < _MOST_ID:
            raise BadChoice(name=self.name)
        return value


@dataclass(frozen=True)
class _About:
    """What an option is for and takes; its name and default are the field's."""

    kind: Kind
    about: str
    low: int = 0
    high: int = 0
    choices: tuple[str, ...] = ()


def _number(about: str, high: int, *, low: int = 0) -> _About:
    return _About("number", about, low=low, high=high)


@dataclass(frozen=True)
class ServerSettings:
    """A server's settings; ids are Discord's."""

    # Credits.
    markup_percent: Annotated[int, _number("What is added to every price, in percent", 1000)] = 0
    sign_up_credits: Annotated[int, _number("Credits that a newcomer gets", 100_000)] = 100
    daily_credits: Annotated[int, _number("Credits that /daily gives", 100_000)] = 25
    gift_least: Annotated[int, _number("The smallest gift, in credits", 1_000_000, low=1)] = 10
    gift_daily_cap: Annotated[
        int,
        _number("What one person may give away a day, in credits; 0 allows no gifts", 1_000_000),
    ] = 500
    reward_first_picture: Annotated[
        int, _number("Credits for somebody's first picture of the day; 0 gives none", 10_000)
    ] = 0
    reward_favourite: Annotated[
        int,
        _number(
            "Credits when somebody else marks one's picture as a favourite; 0 gives none", 10_000
        ),
    ] = 0
    reward_favourites_a_day: Annotated[
        int, _number("How many favourites a day are rewarded for one person", 100)
    ] = 5
    # Who may make pictures, and where.
    maker_channels: Annotated[
        Ids, _About("channels", "Where pictures may be made; none means everywhere")
    ] = ()
    closed_channels: Annotated[Ids, _About("channels", "Where none may be made")] = ()
    maker_roles: Annotated[Ids, _About("roles", "Who may make pictures; none means everybody")] = ()
    cooldown_s: Annotated[int, _number("Seconds between two requests of one person", 3600)] = 0
    least_account_age_h: Annotated[
        int, _number("Hours that a Discord account must be old to make pictures", 8760)
    ] = 0
    least_membership_age_h: Annotated[
        int, _number("Hours that a member must be here to make pictures", 8760)
    ] = 0
    buttons: Annotated[
        Literal["anyone", "owner"],
        _About(
            "choice",
            "Who may press what costs credits under a picture",
            choices=("anyone", "owner"),
        ),
    ] = "anyone"
    # Safety.
    mod_log_channel: Annotated[
        int | None, _About("channel", "Where reports come, and everything that staff do is written")
    ] = None
    feed_channel: Annotated[
        int | None, _About("channel", "Where every public picture is shown")
    ] = None
    nsfw: Annotated[
        Literal["age-restricted", "never"],
        _About(
            "choice", "Where pictures for adults may appear", choices=("age-restricted", "never")
        ),
    ] = "age-restricted"
    spoiler_channels: Annotated[
        Ids, _About("channels", "Where every picture is hidden until it is clicked")
    ] = ()
    spoiler_roles: Annotated[
        Ids, _About("roles", "Whose pictures are hidden until they are clicked")
    ] = ()
    withheld_refunds_a_day: Annotated[
        int,
        _number("How many pictures a day that a filter withheld are given back to one person", 100),
    ] = 3
    personal_data: Annotated[
        Literal["block", "flag", "allow"],
        _About(
            "choice",
            "What happens to e-mail addresses, card and phone numbers in words",
            choices=("block", "flag", "allow"),
        ),
    ] = "block"
    points_expire_days: Annotated[
        int, _number("Days after which a warning's points expire", 3650, low=1)
    ] = 90
    suspend_at_points: Annotated[
        int, _number("Points of warnings that suspend somebody for a day; 0 never does", 100)
    ] = 3
    # Privacy.
    terms: Annotated[
        str,
        _About(
            "text", "What everybody must agree to before their first picture", high=LONGEST_TEXT
        ),
    ] = ""
    retention_days: Annotated[
        int, _number("Days that picture files are kept after they were delivered", 3650, low=1)
    ] = 30

    @property
    def chosen(self) -> dict[str, Any]:
        """What differs from the defaults, ready for JSON."""
        usual = asdict(ServerSettings())
        return {name: value for name, value in asdict(self).items() if value != usual[name]}

    @classmethod
    def read(cls, chosen: Mapping[str, Any]) -> "ServerSettings":
        """Return settings from what was kept; what this version does not know is left out."""
        settings = cls()
        for name, value in chosen.items():
            if name in OPTIONS:
                try:
                    settings = replace(settings, **{name: OPTIONS[name].check(value)})
                except (OutOfRange, BadChoice):
                    continue
        return settings


def option_named(name: str) -> Option:
    """Return a setting's option.

    Raises:
        UnknownSetting: there is none of this name.
    """
    option = OPTIONS.get(name.strip().casefold())
    if option is None:
        raise UnknownSetting(name=name)
    return option


def _options() -> Mapping[str, Option]:
    usual = asdict(ServerSettings())
    hints = get_type_hints(ServerSettings, include_extras=True)
    found: dict[str, Option] = {}
    for name, default in usual.items():
        about: _About = hints[name].__metadata__[0]
        found[name] = Option(name=name, default=default, **vars(about))
    return found


TOPICS: Mapping[str, tuple[str, ...]] = {
    "Credits": (
        "markup_percent",
        "sign_up_credits",
        "daily_credits",
        "gift_least",
        "gift_daily_cap",
        "reward_first_picture",
        "reward_favourite",
        "reward_favourites_a_day",
    ),
    "Who and where": (
        "maker_channels",
        "closed_channels",
        "maker_roles",
        "cooldown_s",
        "least_account_age_h",
        "least_membership_age_h",
        "buttons",
    ),
    "Safety": (
        "mod_log_channel",
        "feed_channel",
        "nsfw",
        "spoiler_channels",
        "spoiler_roles",
        "withheld_refunds_a_day",
        "personal_data",
        "points_expire_days",
        "suspend_at_points",
    ),
    "Privacy": ("terms", "retention_days"),
}
"""Which settings belong together, in the order they are shown."""

OPTIONS: Mapping[str, Option] = _options()
"""Every setting by its name."""
