"""The classes that compiled mappings are made of: no others are made out of a file."""

from __future__ import annotations

from typing import Final

_BY_MODULE: Final = {
    "clock.calendar": "Calendar",
    "clock.combined_calendar": "Combination CombinedCalendar",
    "clock.due_rules": "BusinessTime EndOfDay SameTime",
    "clock.hours": "AlternateWeeks Hours Season YearlyClosure",
    "clock.messages": "AiAgent Counted Effect MessageRules",
    "clock.metrics": (
        "Definition Event EventKind InPlace Metric Owned Place PlaceKind PauseRule PropertyIs TakenOverByReply"
    ),
    "clock.promise": "AgreementKey Cause ChangeRules Clock Kind Late OnChange Reopen Unanswered",
    "clock.rungs": "Mark Side Span",
    "clock.timeline": "ClosingKind Role",
    "errors": "Problem",
    "plan.channels": "Channel Quiet Rate",
    "plan.contract_rungs": "Before ContractLadder ContractRung Place",
    "plan.ladder": "Ladder Late Rung",
    "plan.rung_actions.note": "WriteNote",
    "plan.rung_actions.notify": "NotifyChannel",
    "plan.rung_actions.reassign": "Reassign",
    "plan.rung_actions.set_properties": "SetValues",
    "plan.rung_actions.task": "MakeTask",
    "plan.text_templates": "TextTemplates",
    "policy.calendar_choice": "CalendarChoice",
    "policy.condition_values": "Bound Wanted",
    "policy.conditions": "About All Any Asks Not",
    "policy.defined_metrics": "DefinedMetric",
    "policy.due_texts": "DueText",
    "policy.durations": "Duration",
    "policy.ladders": "Escalations RungCondition",
    "policy.mappings": "Mappings",
    "policy.message_codes": "Code",
    "policy.messages": "MessageWords Recognition",
    "policy.policy_set": "Policy PolicySet",
    "policy.portal": "ClosingWords PortalMap PropertyNames WrittenNames",
    "policy.promise_terms": "PromiseTerms",
    "policy.stage_rules": "StageRule",
    "policy.subject_values": "Value",
    "policy.targets": "ChoiceNode DueNode NothingNode NumberNode OneOfNode Target",
    "policy.term_forms": "AtRisk PauseForm ReopenForm",
    "policy.tier_sources.property_sources": "CompanyProperty ContactProperty",
    "policy.tier_sources.source": "Feed PropertyValue",
    "policy.tier_sources.table_source": "TableSource",
    "policy.tier_sources.tier_rows": "Term TierTable",
    "policy.tiers": "Tiers",
    "policy.waivers": "WrittenWaiver",
    "policy.written_contracts": "Contracts",
}

CLASSES: Final = frozenset(f"{module}.{name}" for module, names in _BY_MODULE.items() for name in names.split())
"""As `policy.targets.Target`."""
