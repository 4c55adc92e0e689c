"""The one formatter of numbers: as many digits as the check can tell apart, and no more.

Another BLAS, processor or NumPy changes a result in digits far below its resolution (a tolerance, or a standard
error), so the rounded number prints the same characters; a real change of the result still shows.
"""

from math import ceil, floor, isfinite, log10

DIGITS_WITHOUT_RESOLUTION = 4
DIGITS_AT_MOST = 6


def decimals(value, resolution):
    """Decimal places whose unit lies between a thirtieth and a third of `resolution`, within six significant digits.

    Without a resolution (None, zero or not finite) the number keeps four significant digits.
    """
    leading = floor(log10(abs(value))) if isfinite(value) and value else 0
    if resolution is not None and isfinite(resolution) and resolution > 0:
        supported = ceil(-log10(resolution / 3))
        return min(supported, DIGITS_AT_MOST - 1 - leading) if value else supported
    return DIGITS_WITHOUT_RESOLUTION - 1 - leading


def rounded(value, resolution=None):
    """`value` rounded to what `resolution` supports, for JSON: None if not finite, integers as they are."""
    if value is None or isinstance(value, int):
        return value
    value = float(value)
    if not isfinite(value):
        return None
    return round(value, decimals(value, resolution)) + 0.0  # + 0.0 turns -0.0 into 0.0


def text(value, resolution=None):
    """`value` as text with the digits that `resolution` supports; scientific where that is shorter to read."""
    if value is None:
        return "–"
    if isinstance(value, int):
        return str(value).replace("-", "−")
    value = float(value)
    if not isfinite(value):
        return "not finite" if value != value else ("∞" if value > 0 else "−∞")
    places, value = decimals(value, resolution), rounded(value, resolution)
    if value == 0:
        return "0"
    exponent = int(f"{abs(value):e}".split("e")[1])
    if -4 <= exponent < 6:
        shown = f"{value:.{max(places, 0)}f}"
    else:
        mantissa, power = f"{value:.{max(places + exponent, 0)}e}".split("e")
        shown = f"{mantissa}e{int(power)}"
    return shown.replace("-", "−")
