"""Labels of our properties and of their values are in the language of the portal, as the texts in them are."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from hubspot_sandbox.object_types import TICKETS

if TYPE_CHECKING:
    from flows.world import World
    from hubspot_sandbox.properties import Property


def property_of(world: World, name: str) -> Property:
    found = world.portal.catalogue(TICKETS).find(f"sla_{name}")
    assert found is not None
    return found


def labels(world: World, name: str) -> list[str]:
    return [option.label for option in property_of(world, name).options]


def speak(world: World, language: str) -> None:
    world.edit("portal.yaml", lambda text: text.replace("language: en", f"language: {language}"))


def test_english_keeps_the_words_of_the_trade(empty: World) -> None:
    empty.set_up()
    assert property_of(empty, "status").label == "SLA status"
    assert property_of(empty, "first_response_due_at").label == "SLA first response due"
    assert {"Breached", "At risk", "No SLA"} <= set(labels(empty, "status"))
    assert labels(empty, "breached") == ["Yes", "No"]


@pytest.mark.parametrize(
    ("language", "label", "status", "metric"),
    [
        ("de", "SLA: Erste Antwort, fällig", "Überfällig", "Lösung"),
        ("fr", "SLA : Première réponse, échéance", "En retard", "Résolution"),
        ("es", "SLA: Primera respuesta, vencimiento", "Vencido", "Resolución"),
    ],
)
def test_nothing_of_what_setup_makes_is_left_in_english(
    empty: World, language: str, label: str, status: str, metric: str
) -> None:
    speak(empty, language)
    empty.set_up()
    assert property_of(empty, "first_response_due_at").label == label
    assert status in labels(empty, "resolution_status")
    assert metric in labels(empty, "next_due_metric")
    ours = [each for each in empty.portal.catalogue(TICKETS).listed() if each.group == "sla"]
    words = " ".join(f"{each.label} {each.description} {' '.join(one.label for one in each.options)}" for each in ours)
    assert not {"breached", "due", "the", "when", "late"} & set(words.casefold().replace(".", " ").split())


def test_after_a_change_of_language_setup_renames_what_is_ours_and_nothing_that_people_named(empty: World) -> None:
    empty.set_up()
    ticket = empty.ticket()
    empty.sync()
    catalogue = empty.portal.catalogue(TICKETS)
    catalogue.change(replace(catalogue.get("sla_tier"), label="Customer class"), 0)
    speak(empty, "de")
    empty.set_up()
    assert property_of(empty, "status").label == "SLA: Status"
    assert property_of(empty, "tier").label == "Customer class"
    assert "Überfällig" in labels(empty, "status")
    assert empty.held(ticket)["status"] == "running"
    before = len(empty.running.requests)
    empty.set_up()
    assert not [each for each in empty.running.requests[before:] if each.method == "PATCH"]
