"""What a ruleset can and cannot do, found by trying: analysis over the finite domains that it declares.

`check_deep(ruleset, diagnostics)` in `casewarden.analysis.deep` calls all of it.
"""
