"""Privacy: all of a person's things handed over, all of them deleted, and nobody else's."""

import io
import json
import zipfile
from datetime import timedelta

import pytest
import sqlalchemy as sa

from bot import jobs
from bot.db.tables import attempts, ledger_entries, pictures
from bot.errors import ExportTooLarge, JobForgotten, NeedsAnswer, WorkUnderWay
from bot.providers import Output
from bot.services import Holdings, ImageWish, PresetDraft
from bot.services.privacy import ZIPPED_ABOVE_BYTES
from bot.services.retention import KEPT_FOR
from tests.pictures import png
from tests.unit.services.presses import pick, press, refused
from tests.unit.services.studio import MIA, SAM, SERVER

SECRET = "a secret garden"


async def export(studio, **origin):
    made = await studio.services.privacy.export(studio.origin(**origin))
    return made, json.loads(made.data)


async def forget(studio, **origin):
    return await studio.services.privacy.forget(studio.origin(**origin))


async def lived(studio):
    """Let Mia and Sam leave one of everything, and return Mia's job."""
    services = studio.services
    job = await studio.finished(count=2, prompt=SECRET, seed=7, origin=studio.origin())
    await studio.finished(count=1, prompt="Sam's own", origin=studio.origin(user_id=SAM))
    studio.outside.roles[SERVER, MIA] = frozenset()
    await services.staff_credits.change(
        studio.origin(user_id=SAM, is_staff=True), target_id=MIA, delta=5, reason="for the contest"
    )
    for user_id in (MIA, SAM):
        origin = studio.origin(user_id=user_id)
        await services.favourites.toggle(origin, job.id, 1)
        await services.preferences.change(origin, count=4, confirm_above=1)
        with pytest.raises(NeedsAnswer):
            await services.wishing.wish(origin, ImageWish(f"{SECRET} of {user_id}"))
    await services.presets.save(studio.origin(), PresetDraft("Garden", job.id, suffix=SECRET))
    return job


# Export.


async def test_export_holds_everything_stored_about_a_person(studio):
    job = await lived(studio)

    made, told = await export(studio)

    assert made.name == f"atelier-{MIA}.json"
    (told_job,) = told["jobs"]
    assert told_job["inputs"]["prompt"] == SECRET
    assert (told_job["inputs"]["seed"], told_job["charged"], told_job["model"]) == (7, 6, "fox")
    assert told_job["message"].endswith(str(job.message_id))
    assert [(one["provider"], one["status"]) for one in told_job["attempts"]] == [("first", "done")]
    assert [one["number"] for one in told_job["pictures"]] == [1, 2]
    assert told["preferences"]["count"] == 4
    assert [one["name"] for one in told["presets"]] == ["Garden"]
    assert [(one["job_id"], one["number"]) for one in told["favourites"]] == [(job.id, 1)]
    assert [one["reason"] for one in told["moderation"]] == ["for the contest"]
    assert [one["requests"][0]["wish"]["prompt"] for one in told["asked"]] == [f"{SECRET} of {MIA}"]
    assert [one["kind"] for one in told["ledger"]] == ["grant", "hold", "capture", "adjust"]
    assert told["account"]["purses"] == {"earned": 94, "granted": 5, "held": 0}


async def test_export_holds_no_secret_and_nobody_else(studio):
    job = await lived(studio)
    (attempt,) = await studio.attempts(job.id)

    made, _ = await export(studio)

    text = made.data.decode()
    assert job.token not in text
    assert attempt.handle["run_id"] not in text
    assert "Sam's own" not in text
    assert f"{SECRET} of {SAM}" not in text
    assert "token" not in text
    assert "staff_id" not in text


async def test_export_of_a_stranger_is_short_and_opens_no_account(studio):
    before = await studio.rows()

    _, told = await export(studio)

    assert set(told) == {"server_id", "user_id", "exported_at"}
    assert await studio.rows() == before


async def test_large_export_is_zipped(studio):
    job = await studio.finished(count=1)
    await _write_long(studio, job.id, "fox " * ZIPPED_ABOVE_BYTES)

    made = await studio.services.privacy.export(studio.origin())

    assert made.name == f"atelier-{MIA}.zip"
    with zipfile.ZipFile(io.BytesIO(made.data)) as archive:
        told = json.loads(archive.read(f"atelier-{MIA}.json"))
    assert told["jobs"][0]["inputs"]["prompt"].startswith("fox fox")
    assert len(made.data) < ZIPPED_ABOVE_BYTES


async def test_export_beyond_what_fits_is_refused(studio):
    await studio.finished(count=1)

    with pytest.raises(ExportTooLarge):
        await studio.services.privacy.export(studio.origin(file_limit_bytes=100))


async def _write_long(studio, job_id, prompt):
    async with studio.db.write() as conn:
        await conn.execute(
            sa.text("UPDATE jobs SET inputs = :inputs WHERE id = :id"),
            {"inputs": json.dumps({"prompt": prompt}), "id": job_id},
        )


# Delete.


async def test_deleting_leaves_no_word_in_the_whole_database(studio):
    job = await lived(studio)
    (attempt,) = await studio.attempts(job.id)

    gone = await forget(studio)

    assert gone == Holdings(jobs=1, pictures=2, presets=1, favourites=1)
    rows = await studio.rows()
    assert len(rows["asks"]) == 1
    whole = str(rows).replace(f"{SECRET} of {SAM}", "what Sam was asked")
    assert SECRET not in whole
    assert job.token not in whole
    assert str(attempt.handle) not in whole
    assert "Garden" not in whole


async def test_rows_that_the_ledger_names_stay_with_numbers_only(studio):
    job = await lived(studio)
    async with studio.db.read() as conn:
        before = list(await conn.execute(sa.select(ledger_entries)))

    await forget(studio)

    after = await studio.job(job.id)
    assert after.inputs == {
        "seed": 7,
        "count": 2,
        "pixels": 1024 * 1024,
        "is_tame": True,
        "prompt": "",
        "is_forgotten": True,
    }
    assert (after.token, after.click_key, after.price, after.delivered) == ("", None, 6, 2)
    assert jobs.is_forgotten(after)
    assert not jobs.is_forgotten(job)
    async with studio.db.read() as conn:
        assert list(await conn.execute(sa.select(ledger_entries))) == before


async def test_what_is_somebody_elses_stays(studio):
    await lived(studio)
    before = (await export(studio, user_id=SAM))[1]

    await forget(studio)

    after = (await export(studio, user_id=SAM))[1]
    # Their mark was on a picture that is gone.
    assert after.pop("favourites") == []
    assert len(before.pop("favourites")) == 1
    del before["exported_at"], after["exported_at"]
    assert after == before


async def test_deleting_again_deletes_nothing(studio):
    await lived(studio)
    await forget(studio)
    before = await studio.rows()

    assert await forget(studio) == Holdings()
    assert await studio.rows() == before


async def test_work_after_deleting_is_like_any_other(studio):
    await lived(studio)
    await forget(studio)

    job = await studio.finished(count=1, prompt="a new start")

    assert not jobs.is_forgotten(job)
    assert await forget(studio) == Holdings(jobs=1, pictures=1)


async def test_deleting_while_a_job_runs_is_refused(studio):
    await studio.finished(count=1)
    await studio.accepted(count=1)

    await refused(studio, studio.services.privacy.holdings(studio.origin()), WorkUnderWay)
    await refused(studio, forget(studio), WorkUnderWay)


async def test_holdings_are_what_deleting_would_delete(studio):
    await lived(studio)
    stranger = studio.origin(user_id=404)

    assert await studio.services.privacy.holdings(studio.origin()) == await forget(studio)
    assert await studio.services.privacy.holdings(stranger) == Holdings()


async def test_files_of_deleted_pictures_go_with_the_next_month(studio):
    job = await studio.finished(count=2)
    files = [picture.data for picture in studio.delivery.outcome(job.id).files]
    studio.clock.ahead = KEPT_FOR + timedelta(hours=1)
    await studio.finished(count=1, model="free", seed=100)
    await forget(studio)

    await studio.services.retention.sweep()

    assert len(files) == 2
    assert not list((studio.resources.settings.data_dir / "media").glob("*/*/*"))


async def test_picture_that_somebody_took_stays_theirs(studio):
    job = await studio.finished(count=2)
    picked = (await pick(studio, job.id, 2, user_id=SAM)).view.id
    await studio.render(picked)

    await forget(studio)

    async with studio.db.read() as conn:
        left = [tuple(row) for row in await conn.execute(sa.select(pictures.c.job_id))]
    assert left == [(picked,)]


async def test_picture_that_somebody_went_on_from_stays_for_their_retry(studio):
    job = await studio.finished(count=1, model="deft")
    varied = (await press(studio, job.id, "vary_subtle", user_id=SAM)).view.id
    await studio.render(varied)

    await forget(studio)
    again = await studio.services.making.follow_up(
        studio.origin(user_id=SAM), varied, 0, action="reroll"
    )
    made = await studio.render(again.view.id)

    assert made.status == "done"
    async with studio.db.read() as conn:
        left = await conn.scalars(sa.select(pictures.c.job_id).order_by(pictures.c.job_id))
        assert list(left) == [job.id, varied, made.id]


async def test_work_that_followed_from_ones_own_is_deleted_with_it(studio):
    job = await studio.finished(count=1, model="deft")
    varied = (await press(studio, job.id, "vary_subtle")).view.id
    await studio.render(varied)
    assert (await studio.job(varied)).click_key

    await forget(studio)

    after = await studio.job(varied)
    assert (after.click_key, after.inputs["prompt"]) == (None, "")
    assert "image" not in after.inputs
    assert (await studio.rows())["pictures"] == []


async def test_what_providers_were_told_is_deleted_and_what_it_cost_stays(studio):
    job = await lived(studio)

    await forget(studio)

    (attempt,) = await studio.attempts(job.id)
    assert (attempt.inputs, attempt.handle, attempt.failure_text) == ({}, None, None)
    assert attempt.cost_usd_micros > 0
    async with studio.db.read() as conn:
        others = await conn.scalars(sa.select(attempts.c.inputs).where(attempts.c.job_id != job.id))
        assert all(others)


# What stays of deleted jobs.


async def upscaled(studio):
    """Leave a job that starts from a picture, which prices of its buttons would look at."""
    studio.first.outputs = [Output(png(480, 320, "teal"), seed=1, is_nsfw=False)]
    parent = await studio.finished(model="deft", count=1)
    accepted = await press(studio, parent.id, "up_subtle")
    return await studio.render(accepted.view.id)


async def test_deleted_jobs_are_listed_without_words_or_buttons(studio):
    await upscaled(studio)
    await forget(studio)

    overview = await studio.services.work.overview(studio.origin())

    assert [(view.prompt, view.prices) for view in overview.recent] == [("", {}), ("", {})]


async def test_buttons_of_deleted_jobs_say_so(studio):
    job = await upscaled(studio)
    await forget(studio)
    work = studio.services.work

    await refused(studio, press(studio, job.id, "vary_subtle"), JobForgotten)
    await refused(studio, pick(studio, job.id, 1), JobForgotten)
    await refused(studio, work.find_shown(studio.origin(), job.id), JobForgotten)
