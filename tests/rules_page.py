"""The rules of Discord that the suite must hold, and the page that shows which test holds which.

A test claims a rule by `@pytest.mark.rule("2.4/40060")`. `python -m tests.rules_page` rewrites
`docs/discord-rules.md` from the marks; a rule that no test claims is listed there as not held.
"""

import ast
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "discord-rules.md"

SECTIONS = {
    "1": "Hosts and plain HTTP",
    "2.1": "Login",
    "2.2": "The gateway",
    "2.3": "Interactions",
    "2.4": "Answering",
    "3": "Limits",
    "4": "Messages, files, permissions",
    "5": "Commands",
    "6": "Rate limits",
    "7": "Intents, shards, sessions",
    "9": "Traps of the library",
    "10": "Restart and shutdown",
}


@dataclass(frozen=True)
class Rule:
    """One thing Discord or the library does; `id` is `<section>/<short name>` and never changes."""

    id: str
    text: str

    @property
    def section(self) -> str:
        return self.id.partition("/")[0]


RULES = (
    Rule("1/rest-base", "REST and interaction calls go to the API base that the settings name"),
    Rule(
        "1/gateway-url", "The socket is opened at the configured gateway, or the one the API names"
    ),
    Rule("1/json-type", "JSON answers are typed exactly `application/json`, without a charset"),
    Rule("1/callback-200", "An accepted interaction answer is 200 with a JSON body, never 204"),
    Rule("1/429-via", "A 429 has a `Via` header and a JSON body with `retry_after`"),
    Rule("1/authorization", "Bot routes want the bot's token; interaction and webhook routes none"),
    Rule("1/multipart", "An upload is `payload_json` first, then `files[0]`, `files[1]` and so on"),
    Rule("1/number-ids", "Attachment ids are taken as JSON numbers as well as strings"),
    Rule("1/openapi", "Every body the client sends fits Discord's own OpenAPI schemas"),
    Rule("1/text-frames", "Uncompressed gateway frames are understood whatever was asked for"),
    Rule("1/attachment-url", "Attachments are downloaded from the full URL in the payload"),
    Rule("2.1/401", "A wrong token is refused with 401 and the login fails"),
    Rule("2.1/me", "`/users/@me` names the bot's own user"),
    Rule("2.1/application", "`/oauth2/applications/@me` names the application and its owner"),
    Rule("2.1/sync-global", "A bulk PUT replaces all global commands and answers each with an id"),
    Rule("2.1/sync-guild", "A bulk PUT below a guild replaces that guild's commands only"),
    Rule("2.1/gateway-bot", "`/gateway/bot` tells the URL, the shards and the session start limit"),
    Rule("2.2/hello", "The server speaks first and tells the heartbeat interval"),
    Rule("2.2/heartbeat", "Every heartbeat is acknowledged, also the one before IDENTIFY"),
    Rule("2.2/4004", "IDENTIFY with a wrong token closes the socket with 4004"),
    Rule("2.2/ready", "READY comes first, then one GUILD_CREATE for each guild of the shard"),
    Rule("2.2/two-shards", "The client is ready when every shard is, each with its own guilds"),
    Rule("2.2/own-member", "The bot is among the members of each guild it receives"),
    Rule("2.2/guild-join", "A guild that appears later without `unavailable` is a new one"),
    Rule("2.2/sequence", "Dispatches are numbered upwards within a session"),
    Rule("2.2/resume", "RESUME replays everything after the client's last number, then RESUMED"),
    Rule("2.2/op-7", "A reconnect request makes the client resume"),
    Rule("2.2/op-9-false", "An invalid session makes the client identify afresh"),
    Rule("2.2/op-9-true", "A resumable invalid session makes the client resume"),
    Rule("2.2/parse-error", "An event the library cannot parse ends the client"),
    Rule("2.3/slash", "A slash command arrives with its options, typed as declared"),
    Rule("2.3/subcommand", "Groups and subcommands arrive nested"),
    Rule("2.3/guild-command", "A guild's own command carries that guild's id inside `data`"),
    Rule("2.3/option-file", "A file option arrives resolved, and its bytes can be downloaded"),
    Rule("2.3/user-menu", "A user menu arrives with the user it was opened on"),
    Rule("2.3/message-menu", "A message menu arrives with the message, its text and attachments"),
    Rule(
        "2.3/autocomplete",
        "Autocomplete arrives with exactly one focused, perhaps half-typed option",
    ),
    Rule("2.3/button", "A press arrives with the custom id and the whole message"),
    Rule("2.3/select", "A choice in a select arrives with its values, people and roles resolved"),
    Rule("2.3/modal", "A submitted form arrives with the value of every labelled field"),
    Rule("2.3/modal-files", "Files uploaded in a form arrive resolved"),
    Rule("2.3/modal-message", "A form opened by a component arrives with that component's message"),
    Rule("2.3/dm", "An interaction in a DM has a user and neither guild nor member"),
    Rule("2.3/size-limit", "Every interaction tells the file size allowed for its answer"),
    Rule("2.3/snowflake", "An interaction's id tells when it was made"),
    Rule(
        "2.3/permissions", "Guild interactions tell the member's and the application's permissions"
    ),
    Rule("2.3/locale", "Interactions tell the person's and the guild's locale"),
    Rule("2.4/type-4", "A message answers commands, components and forms"),
    Rule("2.4/type-5", "A deferred message shows a placeholder until it is edited"),
    Rule("2.4/type-6", "A deferred update leaves the component's message as it is"),
    Rule("2.4/type-7", "An update changes the message the component sits on"),
    Rule("2.4/type-8", "Choices answer autocomplete and nothing else"),
    Rule("2.4/type-9", "A form answers commands and components, never another form"),
    Rule("2.4/legal", "A kind of answer that does not fit the kind of interaction is refused"),
    Rule("2.4/defer-flags", "A deferred message takes the ephemeral flag and no other"),
    Rule("2.4/resource", "The answer to a callback names the message it made or will make"),
    Rule("2.4/original", "The first answer is read, edited and deleted as `@original`"),
    Rule("2.4/original-component", "After an update, `@original` is the component's own message"),
    Rule("2.4/followup", "Further messages are sent, read, edited and deleted by token"),
    Rule("2.4/first-followup", "The first followup of a deferred message fills its placeholder"),
    Rule("2.4/10062", "An unknown interaction, or one older than 3 s, is refused with 404/10062"),
    Rule("2.4/40060", "A second answer to one interaction is refused with 400/40060"),
    Rule("2.4/50027", "A token older than 15 minutes is refused with 401/50027"),
    Rule("2.4/10003", "An unknown channel is refused with 404/10003"),
    Rule("2.4/10008", "An unknown message is refused with 404/10008"),
    Rule("2.4/50006", "A message with nothing in it is refused with 400/50006"),
    Rule("2.4/50035", "A faulty body is refused with 400/50035 and told field by field"),
    Rule("2.4/50001", "A channel the bot cannot see is refused with 403/50001"),
    Rule("2.4/50013", "A missing permission is refused with 403/50013"),
    Rule("2.4/50007", "A person who takes no DMs is refused with 403/50007"),
    Rule("2.4/30046", "Too many edits of a message over an hour old are refused with 400/30046"),
    Rule("2.4/not-accepted", "20009, 200000, 240000 and 400001 mean: not here, and do not retry"),
    Rule("3/first-answer", "The first answer must come within 3 s"),
    Rule("3/token-age", "A token serves for 15 minutes; a press gives a fresh one"),
    Rule("3/content", "Content has at most 2000 characters"),
    Rule("3/embeds", "A message has at most 10 embeds"),
    Rule("3/embed-texts", "Each text of an embed, and the number of its fields, has its own limit"),
    Rule("3/embed-total", "All embeds of a message have at most 6000 characters together"),
    Rule("3/rows", "A classic message has at most 5 rows of 5 buttons or 1 select"),
    Rule("3/v2-count", "A Components V2 message has at most 40 components, nested ones counted"),
    Rule("3/text-display", "A text display has 1 to 4000 characters"),
    Rule("3/text-total", "All text displays of a message have at most 4000 characters together"),
    Rule("3/gallery", "A media gallery has 1 to 10 items"),
    Rule("3/attachments", "A message has at most 10 attachments, kept ones counted"),
    Rule("3/file-size", "A file over the limit of this place is refused with 413/40005"),
    Rule("3/request-size", "Files over 25 MiB in one request are refused with 400/50045"),
    Rule("3/alt-text", "Alt text has at most 1024 characters"),
    Rule("3/button-label", "A button's label has at most 80 characters"),
    Rule("3/button-url", "A link button's URL has at most 512 characters"),
    Rule("3/button-style", "A button has exactly what its style wants: an id, a URL or a SKU"),
    Rule("3/custom-id", "A custom id has 1 to 100 characters"),
    Rule("3/custom-id-unique", "A custom id is used once in a message or form"),
    Rule("3/select-options", "A select has 1 to 25 options with different values"),
    Rule("3/select-texts", "An option's label, value and description have at most 100 characters"),
    Rule("3/select-values", "A select asks for no more values than it may, and no fewer than none"),
    Rule("3/placeholder", "A placeholder has at most 150 characters, in a text input 100"),
    Rule("3/modal-title", "A form's title has 1 to 45 characters"),
    Rule("3/modal-items", "A form has 1 to 5 top-level items"),
    Rule("3/label", "A label has at most 45 characters, its description 100"),
    Rule("3/text-input", "A text input holds at most 4000 characters"),
    Rule("3/file-upload", "A form's upload takes 0 to 10 files"),
    Rule("3/groups", "A radio group has 2 to 10 options, a checkbox group 1 to 10"),
    Rule("3/choices", "25 choices at most are offered, in a command or by autocomplete"),
    Rule("3/choice-texts", "A choice's name and text value have at most 100 characters"),
    Rule("3/command-count", "100 slash commands, 15 user and 15 message menus at most"),
    Rule("3/command-name", "A command's name is 1 to 32 lower-case letters, digits, `-` and `_`"),
    Rule(
        "3/command-description",
        "A command and each option has a description of 1 to 100 characters",
    ),
    Rule("3/command-options", "A command has at most 25 options or subcommands"),
    Rule("3/command-depth", "Commands nest by one group, and subcommands do not mix with options"),
    Rule("3/command-characters", "A command has at most 8000 characters in all"),
    Rule("3/string-option", "A text option takes at most 6000 characters"),
    Rule("3/daily-creates", "The 201st new command of a day is refused with 30034"),
    Rule("3/nonce", "A nonce has at most 25 characters"),
    Rule("3/poll", "A poll has a question, at most 10 answers and 32 days"),
    Rule("4/v2-stays", "The Components V2 flag can be added by an edit, never removed"),
    Rule("4/v2-alone", "With Components V2 there is no content, embed, poll or sticker"),
    Rule("4/v2-edit", "An edit that adds Components V2 must clear content and embeds"),
    Rule("4/v2-places", "Each kind of component stands only where Discord takes it"),
    Rule("4/section", "A section has 1 to 3 texts and one button or thumbnail"),
    Rule("4/file-reference", "`attachment://` must name an uploaded or kept file"),
    Rule(
        "4/media-url", "Media come from http, https or an attachment; a file only from the latter"
    ),
    Rule("4/file-name", "File names keep letters, digits, `_ - .`; the rest is rewritten"),
    Rule("4/file-once", "A file object sent twice is empty the second time"),
    Rule("4/edit-files", "An edit's attachments are the complete new set; left out, all are kept"),
    Rule("4/shown-files", "Files that a component shows are not among the message's attachments"),
    Rule("4/embed-image", "An embed shows attachments of type png, jpg, webp or gif only"),
    Rule("4/modal-fields", "A form's fields sit in labels, and its selects are not disabled"),
    Rule("4/ephemeral-fixed", "Whether an answer is ephemeral is fixed by the first answer"),
    Rule("4/ephemeral-bot", "The bot's token cannot see an ephemeral message"),
    Rule("4/ephemeral-person", "An ephemeral message is seen by one person only"),
    Rule("4/mentions", "An answer mentions users by default, a channel message everyone"),
    Rule(
        "4/after-15-minutes", "A public message is edited by the bot's token when its own is dead"
    ),
    Rule("4/send-permissions", "A send needs view and send permission, and a third for files"),
    Rule("4/thread-permissions", "A thread answers with its parent's permissions and age rating"),
    Rule("4/nonce", "A repeated send with an enforced nonce returns the first message"),
    Rule("4/owner-all", "A guild's owner and administrators may do everything everywhere"),
    Rule("4/overwrites", "A channel overrides for everyone, then for roles, then for the member"),
    Rule("4/hidden-channel", "Who cannot view a channel can do nothing in it"),
    Rule("5/nsfw", "An age-restricted command is offered in age-restricted channels only"),
    Rule("5/default-permissions", "A command is offered to those with its default permissions"),
    Rule("5/contexts", "A command is offered only in the contexts it allows"),
    Rule("5/required-first", "Required options stand before the others"),
    Rule("5/unique-names", "Commands of one kind, and options of one command, have unique names"),
    Rule("5/free-text", "Autocompleted text may be anything, so it is checked again"),
    Rule("5/sync-once", "Commands are synced when they changed, not at every start"),
    Rule("5/locale", "Localised names are shown to the person, default names reach the bot"),
    Rule("6/headers", "Every limited route tells its limit, what remains and when it resets"),
    Rule("6/refusal", "A refusal tells when to return, its scope and whether it is global"),
    Rule("6/buckets", "Limits are counted apart for each channel and each interaction"),
    Rule("6/global", "The bot's routes share 50 requests a second"),
    Rule("6/exempt", "Interaction answers and edits are exempt from the global limit"),
    Rule("6/waits", "The client waits at an empty bucket instead of being refused"),
    Rule("6/retries", "The client repeats after 429 and 5xx, but a bot route's 503 is raised"),
    Rule("6/reset", "A connection reset is not repeated by the library, so the bot repeats it"),
    Rule("6/token-lock", "Calls on one interaction are serialised, different ones are not"),
    Rule("6/progress", "Progress edits are spaced, unchanged ones dropped, the last always sent"),
    Rule("7/no-privilege", "Interactions arrive without any privileged intent"),
    Rule("7/guild-shard", "A guild belongs to shard `(id >> 22) % count`"),
    Rule("7/dm-shard", "Direct messages belong to shard 0"),
    Rule("7/late-replay", "A replayed interaction may be too old to answer, and that is no error"),
    Rule("7/same-shard", "Two sessions of one shard both receive every event"),
    Rule("7/identify-rate", "Shards identify one by one"),
    Rule("9/dynamic-only", "Clickable items in a view are all dynamic, so none is unregistered"),
    Rule("9/view-memory", "Views of sent messages do not stay in memory"),
    Rule("9/modal-timeout", "A dismissed form is forgotten after a while"),
    Rule("9/modal-id", "Two people's forms of one kind have different custom ids"),
    Rule("9/modal-restart", "A form submitted after a restart is still received"),
    Rule("9/item-errors", "An error in a dynamic item reaches our own handler"),
    Rule("9/foreign-press", "Anyone may press a public button, so ownership is checked again"),
    Rule("9/race", "Two tasks that answer at once: one wins, the other is dropped quietly"),
    Rule("9/command-errors", "Command errors arrive wrapped, and are answered once"),
    Rule("9/ready-again", "Being ready again repeats no one-time work"),
    Rule("9/expired-edit", "A token's age is checked before it is used"),
    Rule("10/token-edit", "After a restart a young answer is edited by its token"),
    Rule("10/bot-edit", "After a restart an old public answer is edited by the bot's token"),
    Rule("10/private-lost", "An old private answer cannot be delivered; its result is kept"),
    Rule("10/buttons-live", "Buttons sent before a restart work after it"),
    Rule("10/once", "An interaction that arrives twice is one job"),
    Rule("10/overlap", "While two processes overlap, one answers and the other stays quiet"),
    Rule("10/sigterm", "SIGTERM ends the process in order, with running work kept"),
    Rule("10/token-secret", "Interaction tokens are never logged"),
)


def claims_in(source: str, path: str) -> Iterator[tuple[str, str]]:
    """Yield (rule id, `path::name`) for every mark in one test file.

    Raises:
        TypeError: a mark's argument is not a plain string.
    """
    yield from _claims_below(ast.parse(source), path)


def _claims_below(node: ast.AST, address: str) -> Iterator[tuple[str, str]]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            name = f"{address}::{child.name}"
            for decorator in child.decorator_list:
                yield from ((rule_id, name) for rule_id in _marked(decorator, name))
            yield from _claims_below(child, name)


def _marked(decorator: ast.expr, name: str) -> Iterator[str]:
    for node in ast.walk(decorator):
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "pytest.mark.rule":
            for argument in node.args:
                if not (isinstance(argument, ast.Constant) and isinstance(argument.value, str)):
                    raise TypeError(f"{name}: a rule is named by a plain string")
                yield argument.value


def claims(root: Path = ROOT) -> dict[str, list[str]]:
    """Return the tests that claim each rule, by rule id, in the order of their addresses."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    for file in sorted((root / "tests").rglob("test_*.py")):
        address = file.relative_to(root).as_posix()
        for rule_id, test in claims_in(file.read_text(encoding="utf-8"), address):
            found[rule_id].add(test)
    return {rule_id: sorted(tests) for rule_id, tests in found.items()}


def unknown(claimed: Iterable[str]) -> set[str]:
    """Return the claimed ids that are no rule."""
    return set(claimed) - {rule.id for rule in RULES}


def page(claimed: Mapping[str, list[str]]) -> str:
    """Write the page: the rules that tests hold by section, then the ones nobody holds."""
    held = [rule for rule in RULES if rule.id in claimed]
    lines = [
        "# Discord's rules and the tests that hold them",
        "",
        "Written by `python -m tests.rules_page` from the `rule` marks in `tests/`.",
        f"{len(held)} of {len(RULES)} rules are held.",
    ]
    for section, title in SECTIONS.items():
        rules = [rule for rule in held if rule.section == section]
        if rules:
            lines += ["", f"## {section} {title}", "", "| rule | | test |", "| --- | --- | --- |"]
            lines += [_row(rule, claimed[rule.id]) for rule in rules]
    gaps = [f"* `{rule.id}` {rule.text}" for rule in RULES if rule.id not in claimed]
    if gaps:
        lines += ["", "## Not held yet", "", *gaps]
    return "\n".join(lines) + "\n"


def _row(rule: Rule, tests: list[str]) -> str:
    return f"| `{rule.id}` | {rule.text} | {'<br>'.join(f'`{test}`' for test in tests)} |"


if __name__ == "__main__":
    PAGE.write_text(page(claims()), encoding="utf-8")
