"""The root of the errors."""


class AtelierError(Exception):
    """The root of everything this product raises on purpose."""


class LedgerConflict(AtelierError):
    """An idempotency key came back with other content. Nothing was written."""


class UserError(AtelierError):
    """Something the person can understand and mend. Nothing was spent.

    Attributes on the subclasses are what the words need; the words live in `cogs/_refusals.py`.
    """
