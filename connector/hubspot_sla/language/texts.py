"""The texts of one language, by their English wording."""

from __future__ import annotations

import gettext
from functools import cache
from importlib import resources
from io import BytesIO
from typing import Final

LANGUAGES: Final = ("en", "de", "fr", "es")
"""Those that there are texts in; a new one is a catalogue beside the others and its code here."""
ENGLISH: Final = "en"


def marked(text: str) -> str:
    """The text itself. It marks a text in a table, so that every catalogue must have it."""
    return text


class Texts:
    """Looks texts up in one language. `{name}` in a text stands for a value, which is put in as it is."""

    def __init__(self, language: str, translations: gettext.NullTranslations) -> None:
        self.language = language
        self._translations = translations

    def text(self, english: str, **values: str) -> str:
        """The text in this language with its values."""
        wording = self._translations.gettext(english) if english else ""
        return wording.format_map(values) if values else wording

    def plural(self, one: str, several: str, count: int, /, **values: str) -> str:
        """The form that goes with `count`, which `{count}` stands for unless another text of it is given."""
        return self._translations.ngettext(one, several, count).format_map({"count": str(count)} | values)


@cache
def texts_of(language: str) -> Texts:
    """The texts of a language. ValueError: there are none."""
    if language == ENGLISH:
        return Texts(ENGLISH, gettext.NullTranslations())
    if language not in LANGUAGES:
        raise ValueError(f"there are no texts in {language!r}")
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import read_po

    compiled = BytesIO()
    with catalogue(language).open("rb") as file:
        write_mo(compiled, read_po(file, locale=language))
    compiled.seek(0)
    return Texts(language, gettext.GNUTranslations(compiled))


def catalogue(language: str) -> resources.abc.Traversable:
    """The file with the texts of a language."""
    return resources.files(__package__) / "catalogues" / f"{language}.po"
