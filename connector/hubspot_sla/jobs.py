"""What a file in jobs/ imports: the context it is given, and the work that the shipped jobs do.

This module is public: its names stay, wherever the code behind them goes.
"""

from __future__ import annotations

from hubspot_sla.flows.context.context import Context
from hubspot_sla.flows.context.run_result import NOTHING
from hubspot_sla.flows.inspection.audit_replay import check as replay_audit
from hubspot_sla.flows.inspection.whole_audit import verify_audit
from hubspot_sla.flows.installation.backup import into_folder as backup_into_folder
from hubspot_sla.flows.runs.close_due_contracts import close_due as close_due_contracts
from hubspot_sla.flows.runs.close_due_periods import close_due as close_due_periods
from hubspot_sla.flows.runs.contract_states import write_states as write_contract_states
from hubspot_sla.flows.runs.deadlines import next_at as next_deadline
from hubspot_sla.flows.runs.deadlines import watch as judge_deadlines
from hubspot_sla.flows.runs.rebuild_outcomes import check as check_outcomes
from hubspot_sla.flows.runs.refresh import refresh
from hubspot_sla.flows.runs.resend import send_waiting
from hubspot_sla.flows.runs.slow_lane import slow_lane
from hubspot_sla.flows.runs.subscribed_reports import report_daily, report_monthly, report_weekly
from hubspot_sla.flows.runs.sweep import sweep
from hubspot_sla.flows.runs.sync import sync
from hubspot_sla.flows.sending.commit import RunStats
from hubspot_sla.flows.sending.keep_head import keep_head

__all__ = (
    "NOTHING",
    "Context",
    "RunStats",
    "backup_into_folder",
    "check_outcomes",
    "close_due_contracts",
    "close_due_periods",
    "judge_deadlines",
    "keep_head",
    "next_deadline",
    "refresh",
    "replay_audit",
    "report_daily",
    "report_monthly",
    "report_weekly",
    "send_waiting",
    "slow_lane",
    "sweep",
    "sync",
    "verify_audit",
    "write_contract_states",
)
