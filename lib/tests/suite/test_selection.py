"""From words on the command line to runs, and every refusal."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from theorycheck.suite.notebooks import read_info
from theorycheck.suite.selection import Refusal, _split, make_run, parse_grid, select, select_one


@pytest.fixture
def root(project):
    for field, slug in [("alpha", "first-claim"), ("alpha", "second-claim"), ("beta", "third-claim")]:
        project.notebook(field, slug)
    return project.root


@pytest.fixture
def info(project):
    return read_info(project.notebook("alpha", "first-claim"))


@pytest.mark.parametrize(
    ("names", "slugs"),
    [
        ([], ["first-claim", "second-claim", "third-claim"]),
        (["third-claim", "first-claim", "first-claim"], ["first-claim", "third-claim"]),
        (["alpha"], ["first-claim", "second-claim"]),
        (["alpha", "second-claim"], ["first-claim", "second-claim"]),
        (["beta/third-claim"], ["third-claim"]),
        (["notebooks/beta/third-claim.ipynb"], ["third-claim"]),
    ],
)
def test_names_are_slugs_fields_or_paths(root, names, slugs):
    assert [info.slug for info in select(root, names)[0]] == slugs


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("frist-claim", "did you mean first-claim"),
        ("alhpa", "did you mean alpha"),
        ("zzz", "'zzz'"),
        ("beta/first-claim", "did you mean first-claim"),
    ],
)
def test_an_unknown_name_is_refused_with_a_suggestion(root, name, hint):
    with pytest.raises(Refusal, match=hint) as caught:
        select(root, ["first-claim", name])
    assert "\n" not in str(caught.value)


def test_names_that_mean_two_things_are_refused(project, root):
    project.notebook("gamma", "alpha")
    with pytest.raises(Refusal, match="both a notebook and a field are called alpha"):
        select(root, [])
    (project.root / "notebooks/gamma/alpha.ipynb").unlink()
    project.notebook("gamma", "first-claim")
    with pytest.raises(Refusal, match="two notebooks are called first-claim"):
        select(root, [])


def test_a_malformed_notebook_stops_only_those_who_ask_for_it(root):
    (root / "notebooks/alpha/broken.ipynb").write_text("{")
    assert select(root, ["first-claim"])[1] == []
    assert len(select(root, ["alpha"])[1]) == 1
    with pytest.raises(Refusal, match=r"notebooks/alpha/broken\.ipynb: not a notebook"):
        select_one(root, "broken")


def test_values_come_from_the_defaults_the_profile_and_the_settings(info):
    assert make_run(info).changed == {}
    assert make_run(info).profile == "default"
    full = make_run(info, profile="full")
    assert (full.changed, full.profile) == ({"x": 7, "widths": [2, 3, 5, 7]}, "full")
    run = make_run(info, ["widths=[1, 9]", "scale=1", "name=erf"], "full")
    assert run.values == {"x": 7, "widths": [1, 9], "scale": 1, "name": "erf", "seed": 0}
    assert run.profile == "custom"
    assert make_run(info, ["x=1"]).profile == "default"


def test_runs_of_different_values_have_different_files(info):
    keys = [make_run(info, [f"x={x}"]).key for x in (1, 2, 3)]
    assert keys[0] == "alpha/first-claim" and len(set(keys)) == 3
    assert make_run(info, ["x=2"]).key == make_run(info, ["x=2", "seed=0"]).key


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("y=1", "first-claim has no parameter 'y'; it has x, widths, scale, name, seed"),
        ("width=[1,2]", "did you mean widths"),
        ("x=1.5", r"x must be an integer in \[-100, 100\]; got 1.5"),
        ("x=101", "got 101"),
        ("x=one", "got 'one'"),
        ("x=", "got ''"),
        ("x", "expected name=value, got 'x'"),
        ("=1", "expected name=value"),
        ("scale=0", "scale must be"),
        ("scale=nan", "scale must be"),
        ("name=tanh", "name must be one of relu, erf"),
        ("widths=[3,2]", "widths must be an increasing list"),
        ("widths=[1,20]", "an integer"),
        ("widths=2", "widths must be"),
        ("seed=-1", "seed must be"),
        ("x=__import__('os')", "x must be"),
    ],
)
def test_a_bad_value_is_refused_in_one_line(info, setting, message):
    with pytest.raises(Refusal, match=message) as caught:
        make_run(info, [setting])
    assert "\n" not in str(caught.value)


def test_a_parameter_set_twice_is_refused(info):
    with pytest.raises(Refusal, match="x is set twice"):
        make_run(info, ["x=1", "x=2"])


@pytest.mark.parametrize(
    ("setting", "values"),
    [
        ("x=1,2,4", [1, 2, 4]),
        ("x=-3", [-3]),
        ("seed=0:3", [0, 1, 2]),
        ("x=2:-3:-2", [2, 0, -2]),
        ("x=1:3,7", [1, 2, 7]),
        ("scale=0.1, 1e-3", [0.1, 1e-3]),
        ("name=relu,'erf'", ["relu", "erf"]),
        ("widths=[1,2],[3,4,5]", [[1, 2], [3, 4, 5]]),
    ],
)
def test_grid_values(info, setting, values):
    assert parse_grid(info, [setting]) == {setting.split("=")[0]: values}


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("x=1:3:0", "step other than 0"),
        ("x=3:1", "no value"),
        ("x=1,,2", "got ''"),
        ("x=1,1", "value twice"),
        ("scale=0:1", "scale must be"),
        ("x=99:102", "got 101"),
        ("widths=[1,2],[2", "widths must be"),
        ("y=1", "no parameter 'y'"),
    ],
)
def test_a_bad_grid_is_refused(info, setting, message):
    with pytest.raises(Refusal, match=message):
        parse_grid(info, [setting])


@given(st.lists(st.lists(st.integers(-9, 9), min_size=1, max_size=3), min_size=1, max_size=4))
def test_splitting_undoes_joining(values):
    assert [part.strip() for part in _split(", ".join(map(str, values)))] == [str(value) for value in values]
