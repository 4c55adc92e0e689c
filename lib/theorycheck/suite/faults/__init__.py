"""Faults: small wrong edits of formulas, and which check catches each. `theorycheck faults` applies them one by one."""
