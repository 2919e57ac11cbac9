"""Mappings for the generated tickets, and others that differ from them in one way or in several."""

from __future__ import annotations

from typing import Final

PORTAL: Final = """\
pipelines:
  '0': {'1': open, '2': waiting, '3': {role: open, team: Desk}, '4': closed, '5': {role: waiting, vendor: Bank}}
  '9': {'91': open, '92': {role: waiting, team: Experts}, '93': open, '94': closed}
messages:
  sources: [threads, emails, calls, notes, meetings]
  auto_replies: {count: ignore, markers: ["[automatic reply]"]}
  outside_domains: [ours.example]
"""
CALENDARS: Final = """\
calendars:
  office: {timezone: Europe/Berlin, hours: {mon-fri: ["09:00-17:00"]}, holidays: {country: DE}, business_day: 8h}
  early: {timezone: Europe/Berlin, hours: {mon-sat: ["05:00-13:00"]}, business_day: 8h}
  new-york: {timezone: America/New_York, hours: {mon-fri: ["08:00-18:00"]}, business_day: 10h}
"""
TIERS: Final = """\
ranks: [platinum, gold, silver]
sources:
  - company_property: customer_tier
  - csv: tiers.csv
as_of: creation
several_companies: primary
default:
"""
TABLE: Final = (
    "company_id,tier,valid_from,valid_to\n22,gold,2026-01-01,2026-11-27\n22,silver,2026-11-27,\n25,platinum,,\n"
)
POLICIES: Final = """\
policies:
  - id: best
    when: {pipeline: '0', tier: [platinum, gold]}
    calendar: always
    targets: {first_response: 30m, next_response: 45m, resolution: {URGENT: 4h, HIGH: 1h30m, default: 20h}}
    ladder: watched
  - id: desk
    when: {pipeline: '0'}
    calendar: office
    targets: {assignment: 1h, first_response: 2h, update: {every: 1bd}, resolution: {HIGH: 3h, default: 2bd}}
    on_change: {priority: keep}
    at_risk: 75%
  - id: ninth
    when: {pipeline: '9'}
    calendar: early
    targets: {first_response: 1h, resolution: 1bd}
    reopen: restart
  - id: experts
    kind: ola
    when: {pipeline: '9'}
    calendar: early
    targets: {stage: {Experts: 4h, '93': {each: 2h, total: 6h}}}
"""
LADDERS: Final = """\
ladders:
  watched:
    rungs:
      - {at: 75%, do: [{task: owner}]}
      - {at: breach, when: {priority: [HIGH, URGENT]}, do: [{task: owner}, {note: explanation}]}
  default:
    rungs: [{at: breach, do: [{task: owner}]}, {at: +2h, every: 2h, times: 3, do: [{task: owner}]}]
"""
BASE: Final = {
    "portal.yaml": PORTAL,
    "calendars.yaml": CALENDARS,
    "tiers.yaml": TIERS,
    "tiers.csv": TABLE,
    "policies.yaml": POLICIES,
    "escalations.yaml": LADDERS,
}
WAIVERS: Final = """\
waivers:
  - {customer: "22", reason: their outage, by: Mara, from: 2026-11-24T08:00:00Z, to: 2026-11-25T12:00:00Z, stop: true}
  - {pipeline: '9', metric: resolution, reason: agreed, by: Mara, from: 2026-11-23T08:00:00Z, to: 2026-11-26T12:00:00Z}
"""
OF_OWN: Final = """\
metrics:
  taken: {starts: created, stops: {entered: {team: Desk}}, pauses: waiting}
  answers: {starts: first_reply, resets: agent_message, pauses: [waiting, {is: {blocked: "true"}}]}
  from_the_date: {starts: {date: planned_at}, stops: closed}
"""

Edits = list[tuple[str, str, str]]
EDITS: Final[dict[str, Edits]] = {
    "nothing": [],
    "targets": [
        ("policies.yaml", "URGENT: 4h, HIGH: 1h30m, default: 20h", "URGENT: 2h, default: 30h"),
        (
            "policies.yaml",
            "HIGH: 3h, default: 2bd",
            "by: [impact, urgency], '1': {HIGH: 1h, default: 5h}, default: 1bd",
        ),
        ("policies.yaml", "first_response: 1h,", "first_response: {due: end of business day, cut_off: '10:00'},"),
        ("policies.yaml", "resolution: 1bd}", "resolution: {property: hours_promised, unit: h}}"),
    ],
    "another calendar": [
        ("calendars.yaml", "09:00-17:00", "10:00-15:30"),
        ("calendars.yaml", "country: DE", "country: US"),
        ("calendars.yaml", "mon-sat", "mon-sun"),
        (
            "policies.yaml",
            "calendar: always",
            "calendar: {by: company.country, DE: office, US: new-york, default: always}",
        ),
        (
            "policies.yaml",
            "calendar: early\n    targets: {first",
            "calendar: {follow: holder, Experts: new-york, default: early}\n    targets: {first",
        ),
    ],
    "other tiers": [
        ("tiers.yaml", "as_of: creation", "as_of: now"),
        ("tiers.yaml", "several_companies: primary", "several_companies: highest"),
        ("tiers.yaml", "  - company_property: customer_tier\n", "  - contact_property: vip_level\n"),
        ("tiers.yaml", "default:", "default: silver"),
        ("tiers.csv", "22,gold,2026-01-01,2026-11-27", "22,gold,2026-01-01,2026-11-24"),
        ("tiers.csv", "2026-11-27,\n", "2026-11-24,\n"),
    ],
    "other stages": [
        ("portal.yaml", "'2': waiting", "'2': open"),
        ("portal.yaml", "'3': {role: open", "'3': {role: waiting"),
        ("portal.yaml", "'93': open", "'93': closed"),
        ("portal.yaml", "'5': {role: waiting, vendor: Bank}", "'5': {role: closed, closing: spam}"),
    ],
    "other pauses and stops": [
        (
            "policies.yaml",
            "    at_risk: 75%",
            "    pauses: {resolution: [{in: Bank, least: 30m, greatest: 1bd}, {is: {blocked: 'true'}}], default: true}",
        ),
        ("policies.yaml", "on_change: {priority: keep}", "on_change: restart\n    resume_on_customer_message: false"),
        (
            "policies.yaml",
            "reopen: restart",
            "reopen: {resume: 1bd, then: restart}\n    late: business_time\n    close_without_reply: missed",
        ),
        ("policies.yaml", "    ladder: watched", "    reopen: count\n    starts_in: Desk"),
    ],
    "metrics of its own": [
        ("policies.yaml", "policies:\n", OF_OWN + "policies:\n"),
        ("policies.yaml", "update: {every: 1bd}", "taken: 2h, answers: 4h, from_the_date: 1bd"),
    ],
    "other conditions": [
        (
            "policies.yaml",
            "tier: [platinum, gold]",
            "property: {impact: {at_least: 2}}, not: {category: BILLING_ISSUE}",
        ),
        (
            "policies.yaml",
            "  - id: desk\n    when: {pipeline: '0'}",
            "  - id: desk\n    when: {any: [{pipeline: '0', company: {country: [DE, FR]}}, {contact: {role: CEO}}]}",
        ),
        (
            "policies.yaml",
            "ninth\n    when: {pipeline: '9'}",
            "ninth\n    when: {pipeline: '9', source: [EMAIL, CHAT], team: {known: true}}",
        ),
    ],
    "a policy less": [("policies.yaml", "  - id: best", "  - id: best\n    valid_to: 2026-11-25")],
    "policies more": [
        (
            "policies.yaml",
            "policies:\n",
            "policies:\n  - {id: early, when: {region: north}, calendar: always, targets: {resolution: 3h}}\n".replace(
                "region: north", "property: {region: north}"
            ),
        ),
        (
            "policies.yaml",
            "  - id: experts",
            "  - {id: law, agreement: law, calendar: office, close_without_reply: missed,\n"
            "     targets: {first_response: 3h, resolution: 3bd}}\n  - id: experts",
        ),
        ("policies.yaml", "'93': {each: 2h, total: 6h}", "Bank: 2h"),
    ],
    "other answers": [
        ("portal.yaml", "count: ignore, ", "count: ignore, within: 30s, "),
        (
            "portal.yaml",
            "  outside_domains: [ours.example]\n",
            "  ai_agent: separate\n  bots: answer\n  comments: update\n  notes: answer\n"
            "  not_needed: {category: [FYI]}\n",
        ),
        (
            "policies.yaml",
            "  - id: experts",
            "  - {id: ai, agreement: ai, calendar: always, targets: {first_response: 5m, next_response: 5m}}\n"
            "  - id: experts",
        ),
    ],
    "without messages": [("portal.yaml", PORTAL[PORTAL.index("messages:") :], "")],
    "closings and waivers": [
        (
            "portal.yaml",
            "messages:",
            "closing: {property: close_reason, spam: SPAM, duplicate: [DUPLICATE]}\n"
            "properties: {waiver: excused}\nmessages:",
        ),
        ("waivers.yaml", "", WAIVERS),
    ],
    "other words": [
        ("portal.yaml", "messages:", "properties: {priority: urgency, customer_message: planned_at}\nmessages:"),
        ("policies.yaml", "'0', tier: [platinum, gold]", "'0', tier: {known: true}"),
    ],
    "other ladders": [
        ("escalations.yaml", "at: 75%", "at: 50%"),
        ("escalations.yaml", "+2h, every: 2h, times: 3", "+1h, every: 1h, times: 5"),
        ("policies.yaml", "    at_risk: 75%", "    at_risk: 50%\n    ladder: {resolution: watched, default: none}"),
        ("policies.yaml", "    ladder: watched\n", ""),
    ],
}
PAIRS: Final = [
    *(("nothing", name) for name in EDITS),
    ("targets", "another calendar"),
    ("other stages", "nothing"),
    ("without messages", "other answers"),
    ("metrics of its own", "other pauses and stops"),
    ("other tiers", "other conditions"),
]


def mappings_of(name: str) -> dict[str, str]:
    """The texts by name."""
    texts = dict(BASE)
    for file, old, new in EDITS[name]:
        held = texts.get(file, "")
        assert old in held, (name, old)
        texts[file] = held.replace(old, new) if old else new
    return texts
