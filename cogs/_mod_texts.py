"""The words of moderation: cards, notices, answers and forms."""

from collections.abc import Mapping

from bot.services import (
    AppealCard,
    Decided,
    DocketPage,
    Punished,
    Record,
    RecordPage,
    ReportCard,
    ReportOutcome,
    Sanction,
    SanctionNotice,
    Taken,
)
from cogs._texts import ago, credit_count, link, plain

REPORTED = "Noted. The moderators look at it, and you are told what they decide."
REPORT_TITLE = "Report to the moderators"
REPORT_REASON = "What is wrong with it?"
REPORT_NOTE = "Anything the moderators should know"
APPEAL_TITLE = "Appeal"
APPEAL_WORDS = "Why should they think again?"
APPEALED = "Noted. The moderators read it, and you are told what they decide. You can appeal once."
ANSWER_TITLES: Mapping[str, str] = {"grant": "Grant the appeal", "deny": "Deny the appeal"}
ANSWER_WORDS = "What the person is told"
THANKS = "Thank you. Now try again."
GRANTED = "Granted. The person is told."
DENIED = "Denied. The person is told."
FORM_REASON = "Reason; the person reads it"
FORM_DURATION = "How long, as in 12h, 3d or 2w"
FORM_PICTURE = "The picture"
FORM_REMOVE = "Remove the picture"
FORM_WHY = "Reason, for the log of the moderators"
NOT_SHOWN = "-# The picture is not shown here: it is gone, or for adults."
NO_RECORD = "Nothing was noted or decided about them."
EMPTY_QUEUE = "Nothing waits for a decision."
NEWER = "Newer"
OLDER = "Older"
BEFORE = "Before"
NEXT = "Next"
DURATIONS = ("1h", "12h", "1d", "3d", "1w", "2w", "30d")
LINES_SHOWN = 5

REASONS: Mapping[str, str] = {
    "nsfw": "Nudity or sexual content",
    "violence": "Violence or gore",
    "hate": "Hate or harassment",
    "real person": "A real person, without their consent",
    "copyright": "Somebody else's work",
    "spam": "Spam",
    "other": "Something else",
}
PICTURE: Mapping[str, str] = {
    "keep": "Leave it",
    "remove": "Remove it",
    "refund": "Remove it and give its credits back",
}
FORM_TITLES: Mapping[str, str] = {
    "warn": "Warn the maker",
    "suspend": "Suspend the maker",
    "ban": "Ban the maker",
}

_OUTCOMES: Mapping[str, str] = {
    "dismissed": "they found nothing wrong with it",
    "removed": "they removed it",
    "warned": "they warned who made it",
    "suspended": "they suspended who made it",
    "banned": "they banned who made it",
}
_DONE: Mapping[str, str] = {
    "note": "Note",
    "warn": "Warned",
    "suspend": "Suspended",
    "ban": "Banned",
}
_AGAINST: Mapping[str, str] = {"warn": "a warning", "suspend": "a suspension", "ban": "a ban"}
_TOLD: Mapping[str, str] = {
    "warn": "You were warned",
    "suspend": "You were suspended",
    "ban": "You were banned from making anything",
}


def server(server_id: int) -> str:
    """Return a server as a link, for a direct message."""
    return f"https://discord.com/channels/{server_id}"


def quoted(words: str, limit: int = 600) -> str:
    """Return what somebody wrote, in quotation marks, or that they wrote nothing."""
    return f"“{plain(words, limit)}”" if words else "no reason given"


def report_head(card: ReportCard) -> str:
    """Return what a report is about."""
    view = card.view
    which = f", picture {card.number}" if card.number else ""
    return (
        f"### 🚩 Report #{card.id}\n"
        f"Job #{view.id}{which} by <@{view.user_id}> · {ago(view.created_at)} · "
        f"{link(view.server_id, view.address)}"
    )


def report_words(card: ReportCard) -> str:
    """Return how the picture was made."""
    view = card.view
    lines = [f"**Words:** {plain(view.prompt, 500) or 'none'}"]
    if view.negative_prompt:
        lines.append(f"**Without:** {plain(view.negative_prompt, 150)}")
    if view.answer:
        lines.append(f"**It gave:** {plain(view.answer, 300)}")
    is_elsewhere = view.provider not in (None, "painter")
    lines.append(f"-# {view.model_title}{f' by {view.provider}' if is_elsewhere else ''}")
    return "\n".join(lines)


def report_lines(card: ReportCard) -> str:
    """Return who complained, the first ones first."""
    lines = [
        f"<@{one.reporter_id}>: **{REASONS.get(one.reason, one.reason)}**"
        + (f" · “{plain(one.note, 160)}”" if one.note else "")
        + f" · {ago(one.created_at)}"
        for one in card.lines[:LINES_SHOWN]
    ]
    more = len(card.lines) - LINES_SHOWN
    return "\n".join([*lines, f"-# and {more:,} more"] if more > 0 else lines)


def record(user_id: int, known: Record) -> str:
    """Return a person's history in one line."""
    parts = [
        f"{known.jobs:,} job{'' if known.jobs == 1 else 's'}",
        f"{known.withheld:,} withheld",
        f"{known.blocked:,} blocked prompt{'' if known.blocked == 1 else 's'}",
        f"{known.reports:,} report{'' if known.reports == 1 else 's'}",
        f"{known.points:,} point{'' if known.points == 1 else 's'}",
    ]
    standing = known.standing
    if standing.is_banned or standing.is_suspended:
        until = f", ends {ago(standing.until)}" if standing.until else ""
        parts.append(f"**{'banned' if standing.is_banned else 'suspended'}**{until}")
    return f"-# <@{user_id}>: " + " · ".join(parts)


def report_outcome(card: ReportCard) -> str:
    """Return who decided what."""
    when = f" {ago(card.decided_at)}" if card.decided_at else ""
    return f"**{card.status.capitalize()}** by <@{card.decided_by}>{when}"


def sanction_line(one: Sanction) -> str:
    """Return a sanction as a line of somebody's history."""
    parts = [f"**{_DONE[one.kind]}** by <@{one.staff_id}> {ago(one.created_at)}"]
    if one.points:
        parts.append(f"{one.points} point{'' if one.points == 1 else 's'}")
    if one.until:
        parts.append(f"ends {ago(one.until)}")
    if one.job_id:
        parts.append(f"job #{one.job_id}")
    if one.lifted_at:
        parts.append(f"lifted by <@{one.lifted_by}>")
    return " · ".join(parts) + f"\n-# {quoted(one.reason, 300)}"


def record_page(page: RecordPage) -> str:
    """Return what is known of somebody."""
    lines = [sanction_line(one) for one in page.sanctions] or [NO_RECORD]
    return "\n".join([f"### Moderation history\n{record(page.user_id, page.record)}", *lines])


def queue_head(page: DocketPage) -> str:
    """Return how much waits."""
    if not page.count:
        return EMPTY_QUEUE
    return f"### {page.count:,} to decide" + (
        f" · page {page.page + 1} of {page.pages}" if page.pages > 1 else ""
    )


def queue_report(card: ReportCard) -> str:
    """Return a case in few words."""
    view = card.view
    first = card.lines[0]
    more = f" and {len(card.lines) - 1:,} more" if len(card.lines) > 1 else ""
    return (
        f"🚩 **Job #{view.id}{f', picture {card.number}' if card.number else ''}** by "
        f"<@{view.user_id}> · {link(view.server_id, view.address)}\n"
        f"{plain(view.prompt, 200)}\n"
        f"-# <@{first.reporter_id}>{more}: {REASONS.get(first.reason, first.reason)}"
        + (f" · “{plain(first.note, 160)}”" if first.note else "")
    )


def queue_appeal(card: AppealCard) -> str:
    """Return an appeal in few words."""
    return f"✋ {_appealed(card)}\n{quoted(card.words, 400)}"


def appeal(card: AppealCard) -> str:
    """Return an appeal, and what was said to it."""
    lines = [
        f"### ✋ Appeal\n{_appealed(card)}",
        f"-# The reason was {quoted(card.sanction.reason, 300)}",
        f"> {plain(card.words, 1200)}",
    ]
    if card.decided_at:
        said = f" · {quoted(card.outcome, 400)}" if card.outcome else ""
        lines.append(
            f"**{card.status.capitalize()}** by <@{card.decided_by}> {ago(card.decided_at)}{said}"
        )
    return "\n".join(lines)


def _appealed(card: AppealCard) -> str:
    one = card.sanction
    ends = f", ends {ago(one.until)}" if one.until else ""
    return (
        f"<@{one.user_id}> against **{_AGAINST[one.kind]}** by <@{one.staff_id}> "
        f"{ago(one.created_at)}{ends}"
    )


def notice(told: SanctionNotice) -> str:
    """Return what a person is told of a sanction."""
    one = told.sanction
    if told.is_lifted:
        return f"The moderators of {server(one.server_id)} let you make pictures again."
    ends = f" It ends {ago(one.until)}." if one.until else ""
    return (
        f"**{_TOLD[one.kind]}** by the moderators of {server(one.server_id)}: "
        f"{quoted(one.reason)}.{ends}"
    )


def reporter(told: ReportOutcome) -> str:
    """Return what somebody who reported is told."""
    return (
        f"The moderators of {server(told.server_id)} looked at job #{told.job_id}, which you "
        f"reported: {_OUTCOMES[told.status]}. Thank you."
    )


def appellant(card: AppealCard) -> str:
    """Return what somebody who appealed is told."""
    one = card.sanction
    said = f" They say: {quoted(card.outcome)}." if card.outcome else ""
    what = (
        "granted your appeal, and what they did is lifted"
        if card.status == "granted"
        else "denied your appeal"
    )
    return f"The moderators of {server(one.server_id)} {what}.{said}"


def punished(done: Punished) -> str:
    """Return what staff are told of what they did."""
    one = done.sanction
    lines = [
        f"{_DONE[one.kind]}: <@{one.user_id}>" + (f", ends {ago(one.until)}" if one.until else "")
    ]
    if one.kind == "warn":
        lines = [
            f"Warned <@{one.user_id}>, who has {done.points} "
            f"point{'' if done.points == 1 else 's'} now and must say that they read it."
        ]
    elif one.kind == "note":
        lines = [f"Noted about <@{one.user_id}>; they are not told."]
    if done.suspended is not None and done.suspended.until is not None:
        lines.append(
            f"That is too many: they are suspended, which ends {ago(done.suspended.until)}."
        )
    return "\n".join(lines)


def decided(done: Decided) -> str:
    """Return what staff are told of a decision about a report."""
    words = f"{done.status.capitalize()}."
    if done.punished is not None:
        words = punished(done.punished)
    if done.taken is not None:
        words += _given_back(done.taken)
    return words if done.punished is not None else f"{words} Who reported it is told."


def lifted(user_id: int) -> str:
    """Return what staff are told of a ban that is over."""
    return f"<@{user_id}> may make things again."


def taken(done: Taken) -> str:
    """Return what staff are told of a removal."""
    also = f", and {done.jobs - 1:,} more that showed it," if done.jobs > 1 else ""
    return f"Job #{done.job_id} of <@{done.user_id}>{also} removed." + _given_back(done)


def _given_back(done: Taken) -> str:
    words = f" {credit_count(done.refunded)} given back." if done.refunded else ""
    if done.owed:
        words += f" The treasury could not pay {credit_count(done.owed)}."
    return words
