"""How far one figure is from another, in a measure that ignores what another computer draws differently."""

from io import BytesIO

import numpy as np
from PIL import Image
from scipy.ndimage import maximum_filter, minimum_filter

# Rounding moves a point by much less than a pixel, and another font hinting moves an edge by one or two.
RADIUS = 2
# Antialiasing leaves shades on the edges; grid lines, the palest thing in a figure, are about a tenth off white.
CONTRAST = 0.15
# What a reader could see, one marker displaced, is dozens of pixels.
TOLERANCE = 10


def distance(first, second):
    """Number of pixels of either picture that have no pixel like them nearby in the other.

    Parameters
    ----------
    first, second : bytes
        Two pictures in PNG or another format that Pillow reads.

    Returns
    -------
    float
        A pixel counts if in some colour channel its value differs by more than `CONTRAST` of the whole range from
        everything that the other picture shows within `RADIUS` pixels. Infinite for pictures of different size.
        A line that moves by more than `RADIUS` pixels, or changes its colour, counts with all its pixels, wherever
        it is; a mean over the picture would drown it in white.
    """
    first, second = _pixels(first), _pixels(second)
    if first.shape != second.shape:
        return float("inf")
    return float(max(_strangers(first, second).sum(), _strangers(second, first).sum()))


def same(first, second):
    """Whether two pictures show the same, up to `TOLERANCE` pixels."""
    return distance(first, second) <= TOLERANCE


def _pixels(picture):
    """RGB values between 0 and 1 on white, shape (height, width, 3)."""
    with Image.open(BytesIO(picture)) as image:
        image = image.convert("RGBA")
        white = Image.new("RGBA", image.size, "white")
        return np.asarray(Image.alpha_composite(white, image).convert("RGB"), dtype=np.float32) / 255


def _strangers(picture, other):
    """Mask of the pixels of `picture` outside the range of `other` within the radius, in some channel."""
    window = (2 * RADIUS + 1, 2 * RADIUS + 1, 1)
    above = picture - maximum_filter(other, window)
    below = minimum_filter(other, window) - picture
    return (np.maximum(above, below) > CONTRAST).any(axis=-1)
