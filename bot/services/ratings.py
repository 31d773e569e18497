"""Ratings: whether a picture is for adults, and where it may appear. Nothing else decides that.

It is when it was flagged; without a flag it is what its model is rated, and never safe for want of
a rating.
"""

from collections.abc import Sequence

from bot.catalog import Catalog, Rating
from bot.errors import UnknownModel
from bot.jobs import Job, Made, Picture


def is_for_adults(*, flag: bool | None, rating: Rating) -> bool:
    """Whether a picture counts as one for adults; `flag` is None where nobody said."""
    return rating == "nsfw" if flag is None else flag


def may_show(*, flag: bool | None, rating: Rating, allows_nsfw: bool) -> bool:
    """Whether a picture may appear in a place that is for adults, or is not."""
    return allows_nsfw or not is_for_adults(flag=flag, rating=rating)


def rating_of(catalog: Catalog, model_name: str) -> Rating:
    """Return a model's rating; one that is gone from the catalog never passes for safe."""
    try:
        return catalog.get(model_name).rating
    except UnknownModel:
        return "nsfw"


def adults_among(catalog: Catalog, model_name: str, made: Sequence[Picture]) -> frozenset[int]:
    """Return the numbers of a model's pictures that may not appear just anywhere."""
    rating = rating_of(catalog, model_name)
    return frozenset(
        one.number
        for one in made
        if not may_show(flag=one.is_nsfw, rating=rating, allows_nsfw=False)
    )


def are_for_adults(catalog: Catalog, made: Sequence[Made]) -> bool:
    """Whether any of some pictures, as our jobs made them, is for adults."""
    return any(
        is_for_adults(flag=one.is_nsfw, rating=rating_of(catalog, one.model)) for one in made
    )


def describes_adults(catalog: Catalog, job: Job, made: Sequence[Made]) -> bool:
    """Whether the picture that a job's words are about may not appear just anywhere.

    `made` is what is known of it. A picture of somebody's own is what the place is where they
    brought it: nobody else has looked at it.
    """
    if job.task != "describe":
        return False
    return are_for_adults(catalog, made) if made else "is_tame" not in job.inputs
