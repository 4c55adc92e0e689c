"""From words on the command line to runs; whatever is wrong is refused in one line before anything starts."""

import re
from difflib import get_close_matches

from theorycheck.parameters import Integer, ParameterError
from theorycheck.suite.jobs import Run
from theorycheck.suite.notebooks import discover


class Refusal(ValueError):
    """Bad input: one line that says what, shown with exit status 2."""


def select(root, names, found=None):
    """Return the notebooks that the names mean, and the errors of malformed ones among them.

    A name is a slug, a field, field/slug, or the path of a notebook; no name means all. `found` is what `discover`
    gave, where the caller has it already.

    Returns
    -------
    infos : list of NotebookInfo
    errors : list of NotebookError
    """
    infos, errors = found or discover(root)
    if not infos and not errors:
        raise Refusal("there are no notebooks yet; `theorycheck new FIELD SLUG` writes one")
    _refuse_ambiguous(infos, errors)
    if not names:
        return infos, errors
    places = {(info.field, info.slug): info for info in infos}
    places |= {(error.path.parent.name, error.path.stem): error for error in errors}
    chosen = {}
    for name in names:
        field, _, slug = name.removeprefix("./").removeprefix("notebooks/").removesuffix(".ipynb").rpartition("/")
        found = {place: what for place, what in places.items() if (place == (field, slug) if field else slug in place)}
        if not found:
            raise Refusal(f"no slug or field is called {name!r}{_did_you_mean(slug, places)}")
        chosen |= found
    chosen = dict(sorted(chosen.items())).values()
    return [what for what in chosen if what in infos], [what for what in chosen if what not in infos]


def select_one(root, name, found=None):
    """Return the one notebook that a name means."""
    infos, errors = select(root, [name], found)
    if errors:
        raise Refusal(str(errors[0]))
    if name == infos[0].field:
        raise Refusal(f"{name!r} is a field; name one of its claims: {', '.join(info.slug for info in infos)}")
    return infos[0]


def make_run(info, settings=(), profile="default"):
    """Return the run of a notebook under a profile, with single values set as `name=text`."""
    values = info.full if profile == "full" else info.defaults
    chosen = {}
    for setting in settings:
        name, text = split_setting(info, setting)
        if name in chosen:
            raise Refusal(f"{name} is set twice")
        chosen[name] = parse(info, name, text)
    return Run(info, values | chosen)


def parse_grid(info, settings):
    """Return name -> list of values from settings such as `width=1,2,4`, `seed=0:10` or `widths=[1,2],[3,4]`."""
    grid = {}
    for setting in settings:
        name, text = split_setting(info, setting)
        if name in grid:
            raise Refusal(f"{name} is set twice")
        values = [value for part in _split(text) for value in _values(info, name, part)]
        if not values:
            raise Refusal(f"{name} has no value in {setting!r}")
        if len({repr(value) for value in values}) < len(values):
            raise Refusal(f"{name} has a value twice in {setting!r}")
        grid[name] = values
    return grid


def split_setting(info, setting):
    """Return (name, text) of `name=text` for a parameter that the notebook has."""
    name, equals, text = setting.partition("=")
    if not equals or not name:
        raise Refusal(f"expected name=value, got {setting!r}")
    if name not in info.parameters:
        known = ", ".join(info.parameters)
        raise Refusal(f"{info.slug} has no parameter {name!r}{_did_you_mean(name, info.parameters)}; it has {known}")
    return name, text


def parse(info, name, text):
    """Return the value that command-line text means for a parameter."""
    try:
        return info.parameters[name].spec.parse(name, text)
    except ParameterError as error:
        raise Refusal(f"{info.slug}: {error}") from error


def _values(info, name, text):
    """Return the values that one part between commas means: one, or a range low:high or low:high:step."""
    spec = info.parameters[name].spec
    match = re.fullmatch(r"\s*([-+]?\d+):([-+]?\d+)(?::([-+]?\d+))?\s*", text)
    if match and isinstance(spec, Integer):
        low, high, step = int(match[1]), int(match[2]), int(match[3] or 1)
        if step == 0:
            raise Refusal(f"{name}: a range needs a step other than 0, got {text!r}")
        return [parse(info, name, str(value)) for value in range(low, high, step)]
    return [parse(info, name, text)]


def _split(text):
    """Split at the commas that stand outside brackets and quotes."""
    parts, depth, quote = [""], 0, ""
    for letter in text:
        if quote:
            quote = "" if letter == quote else quote
        elif letter in "'\"":
            quote = letter
        depth += (letter in "([") - (letter in ")]") if not quote else 0
        if letter == "," and depth == 0 and not quote:
            parts.append("")
        else:
            parts[-1] += letter
    return parts


def _refuse_ambiguous(infos, errors):
    """A slug names one claim: two notebooks of one name, or one named like a field, could not be told apart."""
    slugs = [info.slug for info in infos] + [error.path.stem for error in errors]
    fields = {info.field for info in infos}
    for slug in slugs:
        if slugs.count(slug) > 1:
            raise Refusal(f"two notebooks are called {slug}")
        if slug in fields:
            raise Refusal(f"both a notebook and a field are called {slug}")


def _did_you_mean(word, places):
    words = {part for place in places for part in ([place] if isinstance(place, str) else place)}
    close = get_close_matches(word, sorted(words), n=3, cutoff=0.5)
    return f"; did you mean {' or '.join(close)}?" if close else ""
