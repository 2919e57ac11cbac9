"""Numbers, months and weekdays as the readers of a language expect them."""

from __future__ import annotations

from functools import cache, lru_cache
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from datetime import date
    from decimal import Decimal

    from babel import Locale

    from hubspot_sla.language.texts import Texts


_REMEMBERED: Final = 4_096
"""A long table says the same numbers again and again, and each takes 20 microseconds to write."""


def whole(number: int, texts: Texts) -> str:
    """`1,204`, as the language groups digits."""
    return _whole(number, texts.language)


@lru_cache(_REMEMBERED)
def _whole(number: int, language: str) -> str:
    from babel.numbers import format_decimal

    return format_decimal(number, locale=_locale(language))


def tenths(value: Decimal, texts: Texts) -> str:
    """`94.1`."""
    return _tenths(value, texts.language)


@lru_cache(_REMEMBERED)
def _tenths(value: Decimal, language: str) -> str:
    from babel.numbers import format_decimal

    return format_decimal(value, format="#,##0.0", locale=_locale(language))


def hundredths(value: Decimal, texts: Texts) -> str:
    """`0.94`."""
    from babel.numbers import format_decimal

    return format_decimal(value, format="#,##0.00", locale=_locale(texts.language))


def percent(value: Decimal, texts: Texts) -> str:
    """`94.1%`, `100%`: of a value from 0 to 100, in tenths."""
    return _percent(value, texts.language)


@lru_cache(_REMEMBERED)
def _percent(value: Decimal, language: str) -> str:
    from babel.numbers import format_percent

    locale = _locale(language)
    digits = "0" if value in (0, 100) else "0.0"
    pattern = locale.percent_formats[None].pattern.replace("0", digits)
    return format_percent(value / 100, format=pattern, locale=locale)


def whole_percent(value: int, texts: Texts) -> str:
    """`90%`: of a value from 0 to 100."""
    from babel.numbers import format_percent

    return format_percent(value / 100, locale=_locale(texts.language))


def money(amount: Decimal, currency: str, texts: Texts) -> str:
    """`EUR 1,000.00`, with as many decimals as the amount has: those of the currency."""
    from babel.numbers import format_decimal

    places = max(0, -int(amount.as_tuple().exponent))
    pattern = "#,##0" + ("." + "0" * places if places else "")
    return f"{currency} {format_decimal(amount, format=pattern, locale=_locale(texts.language))}"


def up_to_six(value: Decimal, texts: Texts) -> str:
    """`1,234.5`, with the decimals that it has, six at most."""
    from babel.numbers import format_decimal

    return format_decimal(value, format="#,##0.######", locale=_locale(texts.language))


def with_percent(number: str, texts: Texts) -> str:
    """`94.1%`, of a number that is written already."""
    pattern = _locale(texts.language).percent_formats[None].pattern
    suffix: str = pattern[pattern.rindex("0") + 1 :]
    return number + suffix


def month(day: date, texts: Texts) -> str:
    """`October 2026`."""
    from babel.dates import format_skeleton

    return format_skeleton("yMMMM", day, locale=_locale(texts.language))


def short_month(day: date, texts: Texts) -> str:
    """`Oct 2026`."""
    from babel.dates import format_skeleton

    return format_skeleton("yMMM", day, locale=_locale(texts.language))


def whole_day(day: date, texts: Texts) -> str:
    """`Oct 5, 2026`."""
    from babel.dates import format_date

    return format_date(day, "medium", locale=_locale(texts.language))


def weekdays(texts: Texts) -> list[str]:
    """`Mon` to `Sun`."""
    names = _locale(texts.language).days["stand-alone"]["abbreviated"]
    return [names[number] for number in range(7)]


@cache
def _locale(language: str) -> Locale:
    from babel import Locale

    return Locale(language)
