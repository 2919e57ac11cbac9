"""The codes of every message about the mappings: what `sla check` prints, what JSON carries, what a comment ignores.

docs/reference/messages.md has an entry for each. A code never changes its meaning and is never given again. Codes from
SLA600 are of warnings: mappings in which only these stand are right, and `# sla: ignore` may name them.
"""

from __future__ import annotations

from enum import StrEnum

FIRST_WARNING = "SLA600"


class Code(StrEnum):
    """One kind of message. The name is the title of its entry in the document."""

    # files, and YAML as such
    FOLDER_MISSING = "SLA101"
    FILE_MISSING = "SLA102"
    NOT_UTF8 = "SLA103"
    FILE_UNREADABLE = "SLA104"
    TWO_SPELLINGS = "SLA105"
    FILE_EMPTY = "SLA106"
    NOT_KEYS_AND_VALUES = "SLA107"
    TAB = "SLA110"
    INDENTATION = "SLA111"
    COLON_MISSING = "SLA112"
    BRACKET = "SLA113"
    QUOTE = "SLA114"
    COMMA_MISSING = "SLA115"
    QUOTES_NEEDED = "SLA116"
    SECOND_DOCUMENT = "SLA117"
    FORBIDDEN_CHARACTER = "SLA118"
    TOO_DEEP = "SLA119"
    YAML_VERSION = "SLA120"
    SAID_TWICE = "SLA121"
    KEY_NOT_TEXT = "SLA122"
    TAG = "SLA123"
    TYPOGRAPHIC_QUOTES = "SLA124"
    UNKNOWN_ALIAS = "SLA125"
    TOO_MANY_ALIASES = "SLA126"
    MERGE = "SLA127"
    UNREADABLE_YAML = "SLA129"

    # the form of a file: keys and values
    UNKNOWN_KEY = "SLA201"
    MISSING_KEY = "SLA202"
    WRONG_TYPE = "SLA203"
    NOT_A_CHOICE = "SLA204"
    EMPTY = "SLA205"
    WRONG_FORM = "SLA206"
    TOO_MANY = "SLA207"
    KEYS_TOGETHER = "SLA208"
    NO_VALUE = "SLA209"
    DURATION = "SLA210"
    BUSINESS_DAY_LENGTH = "SLA211"
    DATE = "SLA212"
    HOURS = "SLA213"
    INSTANT = "SLA214"
    RANGE = "SLA215"
    NOTHING_PROMISED = "SLA216"
    DUE_TIME = "SLA217"
    THRESHOLD = "SLA218"
    REFERENCE = "SLA219"
    RUNG = "SLA220"
    TEMPLATE = "SLA221"
    RATE = "SLA222"
    ENDS_BEFORE_IT_BEGINS = "SLA223"
    OVERLAP = "SLA224"
    METRIC_EVENT = "SLA225"
    TEMPLATE_TOO_LONG = "SLA226"
    INVALID = "SLA229"

    # names, and what they refer to
    UNKNOWN_NAME = "SLA301"
    UNKNOWN_TIME_ZONE = "SLA302"
    UNKNOWN_HOLIDAYS = "SLA303"
    UNKNOWN_OBJECT_TYPE = "SLA304"
    NAME_TAKEN = "SLA305"
    CIRCLE = "SLA306"
    DEFAULT_MISSING = "SLA307"
    NEVER_OPENS = "SLA308"
    COMBINED_CALENDAR = "SLA309"
    METRIC_SENSE = "SLA310"
    TARGET_WITHOUT_DEFAULT = "SLA311"

    # tables: CSV, workbooks, endpoints
    TABLE_FORMAT = "SLA401"
    TABLE_COLUMN = "SLA402"
    TABLE_ROW = "SLA403"
    TABLE_DATES = "SLA404"
    COMPANY_ID = "SLA405"
    ROWS_OVERLAP = "SLA406"

    # the mappings held against the portal
    NOT_IN_PORTAL = "SLA501"
    LABEL_NOT_UNIQUE = "SLA502"
    SAME_IN_PORTAL = "SLA503"
    NO_PROPERTY = "SLA504"
    PROPERTY_TYPE = "SLA505"
    NO_SUCH_VALUE = "SLA506"
    UNKNOWN_OWNER = "SLA507"
    READ_ONLY_PROPERTY = "SLA508"
    STAGE_WITHOUT_ROLE = "SLA510"
    TIER_NOT_RANKED = "SLA511"

    # warnings
    POLICY_NEVER_MATCHES = "SLA601"
    POLICY_OUT_OF_FORCE = "SLA602"
    POLICIES_OVERLAP = "SLA603"
    AGREEMENT_DOES_NOT_FIT = "SLA604"
    CALENDAR_UNUSED = "SLA605"
    NO_HOLIDAYS_NEXT_YEAR = "SLA606"
    CLOSED_ANYWAY = "SLA607"
    NOT_CLOSED_NEXT_YEAR = "SLA608"
    HOURS_WITHOUT_EFFECT = "SLA609"
    HOURS_LOOK_SWAPPED = "SLA610"
    LADDER_UNUSED = "SLA611"
    CHANNEL_UNUSED = "SLA612"
    LEAD_MISSING = "SLA613"
    RUNG_AT_THE_START = "SLA614"
    KEY_RENAMED = "SLA615"
    ENDPOINT_SILENT = "SLA616"
    PORTAL_CHANGED = "SLA617"
    ROLE_DIFFERS = "SLA618"
    LOOKS_UNLIKE_AN_ID = "SLA619"
    QUOTES_ARE_TEXT = "SLA620"
    LOOKS_UNLIKE_HUBSPOT = "SLA621"
    METRIC_UNUSED = "SLA623"
    POLICY_WITHOUT_TICKETS = "SLA624"
    COMPANY_UNKNOWN = "SLA625"
    LOOKS_LIKE_A_RANGE = "SLA626"
    IGNORE_WITHOUT_EFFECT = "SLA690"

    @property
    def is_warning(self) -> bool:
        """Whether mappings that have nothing worse are right."""
        return self >= FIRST_WARNING
