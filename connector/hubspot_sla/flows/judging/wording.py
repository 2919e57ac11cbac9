"""What is said about one record, in the language of its portal: on the record, in tasks, notes and messages.

Texts follow from the judgement, and nothing follows from a text: no key, no verdict, no entry that says a verdict
changed.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property, partial
from html import escape
from typing import TYPE_CHECKING

from hubspot_sla.hubspot.html_text import fitted
from hubspot_sla.language.texts import texts_of
from hubspot_sla.ledger.names import Named
from hubspot_sla.plain_text import one_line, shortened
from hubspot_sla.plan.properties import NO_TIER
from hubspot_sla.render import rung_text
from hubspot_sla.render.names import clock_name, status_name
from hubspot_sla.render.note_html import note_html
from hubspot_sla.render.plain import as_text, detail_lines, story_lines
from hubspot_sla.render.rung_text import Names, ReachedPlace
from hubspot_sla.render.story import Teller, most_urgent
from hubspot_sla.render.templates import filled

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hubspot_sla.clock.verdict import Verdict
    from hubspot_sla.flows.context.mappings_version import Version
    from hubspot_sla.flows.judging.agreements import Agreement
    from hubspot_sla.flows.judging.judgement import Judgement
    from hubspot_sla.flows.judging.judging_context import JudgingContext
    from hubspot_sla.flows.records.record_facts import RecordFacts
    from hubspot_sla.plan.rung_context import FiredRung
    from hubspot_sla.plan.text_templates import TextTemplates
    from hubspot_sla.render.story import Story


@dataclass(frozen=True)
class Wording:
    """A `RungWording` of one record, and the text that the record itself holds."""

    record: RecordFacts
    judgement: Judgement
    judging: JudgingContext

    @cached_property
    def lasting(self) -> Teller:
        """For a text that stays true until the verdicts change."""
        return teller_of(self.judgement, self.judging.current)

    @cached_property
    def momentary(self) -> Teller:
        """For a text that is read as of the moment at which it is written."""
        return replace(self.lasting, now=self.judging.now)

    @cached_property
    def record_text(self) -> str:
        """What the record holds. True until the verdicts change."""
        story = self.lasting.story(self.judgement.verdicts, self.judgement.tier or "")
        if not self._templates.reason:
            return as_text(story, self.lasting.texts)
        return filled(self._templates.reason, self._lasting_fields(story)).strip()

    def _lasting_fields(self, story: Story) -> Mapping[str, str]:
        """The values of RECORD_FIELDS: what is said of one clock is said of the one that is most urgent."""
        first = most_urgent(self.judgement.verdicts)
        promise = first.promise
        return {
            "ticket_id": self.record.ref.key,
            "subject": self.record.inputs.get(self.record.profile.title) or "",
            "url": self.judging.url_of(self.record.ref),
            "policy": promise.policy if promise else "",
            "tier": self.lasting.tier_of(first) or NO_TIER,
            "metric": clock_name(first.clock, self.lasting.texts),
            "status": status_name(first.status, self.lasting.texts),
            "owner_id": self._owner_id or "",
            "lateness": self.lasting.lateness(first.cycle),
            **rung_text.terms(first, first.cycle, self.lasting),
            "company": self._names.company,
            "owner": self._names.owner,
            "summary": "\n".join(story_lines(story, self.lasting.texts)),
            "details": "\n".join(detail_lines(story, self.lasting.texts)),
        }

    @cached_property
    def _story(self) -> Story:
        return self.momentary.story(self.judgement.verdicts, self.judgement.tier or "")

    @cached_property
    def _names(self) -> Names:
        companies = self.record.companies
        company = next((each for each in companies if each.primary), companies[0] if companies else None)
        return Names(
            one_line(self.judging.name_of(Named.COMPANY, company.id)) if company else "",
            one_line(self.judging.name_of(Named.OWNER, self._owner_id)) if self._owner_id else "",
        )

    @property
    def _owner_id(self) -> str | None:
        return self.record.inputs.get(self.judging.current.mappings.portal.properties.owner)

    @property
    def _templates(self) -> TextTemplates:
        return self.judging.current.mappings.portal.templates

    def reason(self, rung: FiredRung) -> str:  # noqa: ARG002 - the same for every rung
        return self.record_text

    def tier(self, rung: FiredRung) -> str:
        return self.lasting.tier_of(rung.verdict) or NO_TIER

    def fields(self, rung: FiredRung) -> Mapping[str, str]:
        return rung_text.fields(_place(rung), self._story, self._names, self.momentary)

    def task(self, rung: FiredRung, remark: str) -> tuple[str, str]:
        templates, texts = self._templates, self.momentary.texts
        said = texts.text(remark)
        headline = rung_text.headline(_place(rung), self.momentary)
        subject = texts.text("{headline} - {subject}", headline=headline, subject=rung.record.subject)
        if templates.task_title:
            subject = filled(templates.task_title, rung.facts())
        subject = one_line(subject)
        if templates.task:
            return subject, "\n".join(part for part in (filled(templates.task, rung.facts()).strip(), said) if part)
        return subject, "\n".join(self._task_lines(rung, said))

    def _task_lines(self, rung: FiredRung, remark: str) -> list[str]:
        """The clock of the rung first, then for whom and whose it is, then how the others stand."""
        first, *others = rung_text.summary_lines(_place(rung), self._story, self.momentary)
        whose = " · ".join(rung_text.who(self._names, self.momentary))
        return [part for part in (first, whose, remark, *others) if part]

    def note(self, rung: FiredRung) -> str:
        if self._templates.note:
            return fitted(lambda most: filled(self._templates.note, rung.facts(), partial(_in_html, most=most)))
        headline = rung_text.headline(_place(rung), self.momentary)
        whose = rung_text.who(self._names, self.momentary)
        return fitted(lambda most: note_html(headline, whose, self._story, self.momentary.texts, most))


def _in_html(value: str, most: int) -> str:
    return escape(shortened(value, most)).replace("\n", "<br>")


def _place(rung: FiredRung) -> ReachedPlace:
    return ReachedPlace(rung.verdict, rung.cycle, rung.mark, rung.nth, rung.due_at, rung.at)


def teller_of(judgement: Judgement, version: Version, now: int | None = None) -> Teller:
    """Tells the judgement in the language of the mappings."""

    def name_of(kind: str, id_: str) -> str:
        ids = version.portal_ids
        if kind == "pipeline":
            return ids.pipeline_name(id_)
        return next((role.label or role.name for (_, stage), role in ids.roles.items() if stage == id_), id_)

    return Teller(
        texts_of(version.mappings.portal.language), lambda verdict: tier_of(judgement, verdict) or "", name_of, now
    )


def tier_of(judgement: Judgement, verdict: Verdict) -> str | None:
    """The tier by which a clock was promised, as people read it: that of the last agreement before the clock was over
    that promised the same."""
    tiers = {agreement.tier.shown for agreement in judgement.agreed}
    if len(tiers) == 1 or verdict.promise is None:
        return judgement.agreed[-1].tier.shown
    over = verdict.cycle.over_at
    begun = [agreement for agreement in judgement.agreed if over is None or agreement.at <= over]
    by_same = (agreement for agreement in reversed(begun) if _promises_the_same(agreement, verdict))
    return next(by_same, (begun or judgement.agreed)[-1]).tier.shown


def _promises_the_same(agreement: Agreement, verdict: Verdict) -> bool:
    promise, other = agreement.promises().get(verdict.clock), verdict.promise
    if promise is None or other is None:
        return False
    return (promise.policy, promise.target) == (other.policy, other.target) and promise.calendar.same_as(other.calendar)
