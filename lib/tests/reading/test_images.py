"""What the distance between figures forgives, and what it must not."""

import numpy as np
import pytest

from theorycheck import figures
from theorycheck.suite import images

X = np.linspace(0, 1, 40)


def draw(slope=1.0, color=0, offset=0.0, marker=0.5, label="x", width=None):
    fig, axes = figures.panels(width=width)
    figures.theory(axes, X, slope * X + offset, index=color)
    axes.plot([marker], [0.8], "s", color="black")
    axes.set(xlim=(0, 1), ylim=(0, 1.2), xlabel=label)
    return figures.png(fig)


def test_a_picture_is_at_no_distance_from_itself():
    assert images.distance(draw(), draw()) == 0


@pytest.mark.parametrize("change", [{"slope": 1 + 1e-9}, {"offset": 1e-3}, {"marker": 0.501}])
def test_what_rounding_and_antialiasing_do_is_forgiven(change):
    assert images.same(draw(), draw(**change))


@pytest.mark.parametrize(
    "change",
    [{"slope": 0.95}, {"offset": 0.03}, {"color": 1}, {"marker": 0.53}, {"label": "y"}, {"width": 5}],
)
def test_what_a_reader_could_see_is_not_forgiven(change):
    assert not images.same(draw(), draw(**change))
    assert not images.same(draw(**change), draw())


def test_a_shift_of_all_pixels_by_two_is_forgiven_and_by_five_is_not():
    from io import BytesIO

    from PIL import Image

    def shifted(pixels):
        with Image.open(BytesIO(draw())) as image:
            moved = Image.new("RGB", image.size, "white")
            moved.paste(image.convert("RGB"), (pixels, 0))
        buffer = BytesIO()
        moved.save(buffer, format="PNG")
        return buffer.getvalue()

    assert images.same(draw(), shifted(2))
    assert not images.same(draw(), shifted(5))


def test_pictures_of_different_size_are_never_the_same():
    assert images.distance(draw(), draw(width=6)) == float("inf")
