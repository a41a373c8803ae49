"""Faults in what binds: permits, regulations, the register, the catalogue, the calendar."""

from __future__ import annotations

from tests.mutants.fault import of

_days = of("days.py", "days")
_loading = of("loading.py", "loading")
_parameters = of("parameters.py", "parameters")
_permit = of("permit.py", "permits")
_register = of("register.py", "register")
_regulation = of("regulation.py", "regulations")

FAULTS = (
    _days(
        "a day begins at midnight in Greenwich",
        "return at - (at + OFFSET) % DAY_SECONDS",
        "return at - at % DAY_SECONDS",
    ),
    _days(
        "the calendar day of an instant is that of Greenwich",
        "(at + OFFSET) // DAY_SECONDS)",
        "at // DAY_SECONDS)",
    ),
    _days(
        "a calendar day begins seven hours late",
        "* DAY_SECONDS - OFFSET",
        "* DAY_SECONDS",
    ),
    _days(
        "times are written in the time of Greenwich",
        "datetime.fromtimestamp(at, ZONE)",
        "datetime.fromtimestamp(at, UTC)",
    ),
    _days(
        "fractions of a second before 1970 are rounded up",
        "int(moment.astimezone(UTC).timestamp() // 1)",
        "int(moment.astimezone(UTC).timestamp())",
    ),
    _permit(
        "a permit binds on the day after its last",
        "day <= self.until)",
        "day <= date.fromordinal(self.until.toordinal() + 1))",
    ),
    _permit(
        "a permit does not bind on its last day",
        "day <= self.until)",
        "day < self.until)",
    ),
    _permit(
        "a permit does not bind on its first day",
        "return self.since <= day",
        "return self.since < day",
    ),
    _permit(
        "of two permits the older binds",
        "return max(binding,",
        "return min(binding,",
    ),
    _permit(
        "an unverified number decides",
        "if row is None or not row.verification.decides:",
        "if row is None:",
        "regulations", "permits",
    ),
    _permit(
        "factors apply to every parameter",
        "    if parameter.key not in named.apply_to:\n        return Decimal(1)\n",
        "",
    ),
    _permit(
        "the trace tells factors that were not applied",
        "    if parameter.key not in named.apply_to:\n        return (table,",
        "    if False:\n        return (table,",
    ),
    _permit(
        "a factor nobody typed is 1",
        "    if any(factor not in named.factors for factor in regulation.factors):\n"
        "        return None\n",
        "",
    ),
    _permit(
        "only the last factor is applied",
        "product *= named.factors[factor]",
        "product = named.factors[factor]",
    ),
    _permit(
        "factors move the lower end of a range",
        "        low=row.low,\n        high=None if row.high is None else row.high * factor,",
        "        low=None if row.low is None else row.low * factor,\n"
        "        high=None if row.high is None else row.high * factor,",
    ),
    _permit(
        "the table is preferred to what the permit types",
        "    if typed is not None:\n        return _typed(permit, typed, parameter)",
        "    if typed is not None and permit.by_regulation is None:\n"
        "        return _typed(permit, typed, parameter)",
    ),
    _permit(
        "a number of a table counts as typed from the permit",
        "        verification=row.verification,",
        "        verification=Verification.PERMIT,",
    ),
    _permit(
        "a limit equal to the table's is warned of",
        "typed.high <= table.high",
        "typed.high < table.high",
    ),
    _permit(
        "defaults nobody typed are not shown",
        "        defaults=untyped,",
        "        defaults=(),",
    ),
    _permit(
        "a completeness of nothing is accepted",
        "if not 0 < share <= 1:",
        "if not 0 <= share <= 1:",
    ),
    _permit(
        "a completeness above the whole is accepted",
        "if not 0 < share <= 1:",
        "if not 0 < share:",
    ),
    _permit(
        "a permit without its page is accepted",
        '        page=entry.text("page"),\n        since',
        '        page=entry.text("page", "–"),\n        since',
    ),
    _permit(
        "trailing zeros before the point are cut off",
        'text.rstrip("0").rstrip(".") if "." in text else text',
        'text.rstrip("0").rstrip(".")',
    ),
    _regulation(
        "a pack that is not loaded decides",
        "self.parameters.get(key) if self.loaded else None",
        "self.parameters.get(key)",
    ),
    _regulation(
        "one source confirms a number",
        "Verification.CONFIRMED: 2",
        "Verification.CONFIRMED: 1",
    ),
    _regulation(
        "a number without any source is single",
        "_SOURCES_NEEDED = {Verification.CONFIRMED: 2, Verification.SINGLE: 1}",
        "_SOURCES_NEEDED = {Verification.CONFIRMED: 2}",
    ),
    _regulation(
        "one source named twice confirms a number",
        'tuple(dict.fromkeys(entry.texts("sources")))',
        'entry.texts("sources")',
    ),
    _regulation(
        "a source under two names confirms a number",
        "if known == text]",
        "if False]",
    ),
    _regulation(
        "a pack may say its number is the permit's",
        '_KNOWN = ("unsure",',
        '_KNOWN = ("permit", "unsure",',
    ),
    _regulation(
        "three thousand written as 3.000 is three",
        "if number.as_tuple().exponent == -3 and number >= 1:",
        "if False:",
    ),
    _regulation(
        "a row in another unit is accepted",
        "if factor_to_unit(parameter, row.unit) != 1:",
        "if factor_to_unit(parameter, row.unit) is None:",
    ),
    _regulation(
        "a column may be left out of a row",
        "if frame.loaded and absent:",
        "if False:",
    ),
    _regulation(
        "an empty range is accepted",
        "if low is not None and high is not None and low >= high:",
        "if low is not None and high is not None and low > high:",
    ),
    _register(
        "an interval need not divide the hour",
        "if not 0 < seconds <= 3600 or 3600 % seconds:",
        "if not 0 < seconds <= 3600:",
    ),
    _register(
        "an interval need only divide the day",
        "3600 % seconds:",
        "86400 % seconds:",
    ),
    _register(
        "a new interval holds from the day after",
        "if since <= day]",
        "if since < day]",
    ),
    _register(
        "the first interval holds for ever",
        "return begun[-1] if begun",
        "return begun[0] if begun",
    ),
    _register(
        "times that mean the end mean the start",
        '"start") == "end"',
        '"start") == "start"',
    ),
    _register(
        "a permit of another plant binds",
        "(p for p in self.permits.values() if p.plant == plant)",
        "(p for p in self.permits.values())",
    ),
    _register(
        "an instrument's range may exceed what is physically possible",
        "min(high, parameter.high)",
        "high",
    ),
    _register(
        "an instrument's range may begin below what is physically possible",
        "max(low, parameter.low)",
        "low",
    ),
    _register(
        "two stations share the prefix of their files",
        "if prefix in seen:",
        "if False:",
    ),
    _register(
        "a station with two flows takes the first for its Flow",
        "len(flows) == 1",
        "flows",
    ),
    _register(
        "a register with problems is loaded",
        "    if problems:\n        raise Refused(problems)\n    return Register(",
        "    return Register(",
    ),
    _parameters(
        "micro is read as milli",
        '"µ": "u"',
        '"µ": "m"',
    ),
    _parameters(
        "a factor of a unit may be nothing",
        "if factor is None or factor <= 0:",
        "if factor is None:",
    ),
    _parameters(
        "an unknown unit is taken for the parameter's own",
        "return parameter.conversions.get(spelled)",
        "return parameter.conversions.get(spelled, Decimal(1))",
    ),
    _parameters(
        "a physical range may be empty",
        "if parameter.high <= parameter.low:",
        "if parameter.high < parameter.low:",
    ),
    _loading(
        "unknown keys are ignored",
        '            self.problem(key, f"unknown key{meant(key, self._known)}")',
        "            pass",
    ),
    _loading(
        "infinity is a number",
        "return found if found.is_finite() else None",
        "return found",
    ),
    _loading(
        "floats are read by their binary expansion",
        "Decimal(str(value))",
        "Decimal(value)",
    ),
    _loading(
        "an instant is taken for a day",
        "    if isinstance(value, datetime):\n        return None\n",
        "",
    ),
    _loading(
        "a key that is null counts as written",
        "return self._left.get(key) is not None",
        "return key in self._left",
    ),
    _loading(
        "a whole number may be true",
        "isinstance(value, int) and not isinstance(value, bool):\n            return value\n",
        "isinstance(value, int):\n            return value\n",
    ),
    _loading(
        "text of spaces is a text",
        "isinstance(value, str) and value.strip():",
        "isinstance(value, str) and value:",
    ),
)  # fmt: skip
