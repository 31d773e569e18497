"""Spreadsheets: what people wrote, so that a spreadsheet takes it for nothing but words."""

_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def as_words(text: str) -> str:
    """Return a cell that no spreadsheet reads as a formula."""
    return f"'{text}" if text.startswith(_FORMULA_STARTS) else text
