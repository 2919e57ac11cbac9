"""The parts of a clock's key, as SQL on a column `clock`: `ola:stage:Billing` is of the kind `ola`."""

from __future__ import annotations

KIND_OF_CLOCK = "case when clock like 'ola:%' then 'ola' when clock like 'uc:%' then 'uc' else 'sla' end"
_OF_KIND = "case when clock like 'ola:%' or clock like 'uc:%' then substr(clock, instr(clock, ':') + 1) else clock end"
_FIRST_PART = f"substr({_OF_KIND}, 1, instr({_OF_KIND} || ':', ':') - 1)"
# Only the clocks of a stage have a place behind their metric: the first of several parts is an agreement otherwise.
_IS_NAMED = f"instr({_OF_KIND}, ':') > 0 and {_FIRST_PART} not in ('stage', 'stage_total')"
AGREEMENT_OF_CLOCK = f"case when {_IS_NAMED} then {_FIRST_PART} else '' end"
_OF_AGREEMENT = f"case when {_IS_NAMED} then substr({_OF_KIND}, instr({_OF_KIND}, ':') + 1) else {_OF_KIND} end"
METRIC_OF_CLOCK = f"substr({_OF_AGREEMENT}, 1, instr({_OF_AGREEMENT} || ':', ':') - 1)"
PLACE_OF_CLOCK = f"substr({_OF_AGREEMENT}, instr({_OF_AGREEMENT} || ':', ':') + 1)"
