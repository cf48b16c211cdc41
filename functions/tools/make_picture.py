#!/usr/bin/python3
"""Renders functions/thumbnail/picture.jpg: mountain ridges at dusk over a lake. The same bytes' worth of picture every time.

Usage: /usr/bin/python3 functions/tools/make_picture.py [FILE]
"""

import os
import sys

import numpy as np
from PIL import Image

WIDTH, HEIGHT = 1600, 1000
HORIZON = 720


def smooth_noise(random, points):
    """One octave: random heights at `points` knots, joined by cosine interpolation over the width."""
    knots = random.uniform(-1.0, 1.0, points + 1)
    position = np.linspace(0.0, points - 1e-9, WIDTH)
    left = position.astype(int)
    blend = (1.0 - np.cos((position - left) * np.pi)) / 2.0
    return knots[left] * (1.0 - blend) + knots[left + 1] * blend


def ridge(random, base, roughness):
    """The skyline of one mountain range: the sum of octaves, each finer and lower than the one before."""
    line = np.zeros(WIDTH)
    for octave in range(8):
        line += smooth_noise(random, 3 * 2**octave) * roughness / 2**octave
    return base + line


def mix(low, high, amount):
    return np.asarray(low)[None, None, :] * (1.0 - amount) + np.asarray(high)[None, None, :] * amount


def sky():
    height = np.linspace(0.0, 1.0, HORIZON)[:, None, None]
    colour = mix((38, 52, 110), (247, 168, 110), np.broadcast_to(height**1.4, (HORIZON, WIDTH, 1)))
    y, x = np.mgrid[0:HORIZON, 0:WIDTH]
    distance = np.hypot(x - 1120, y - 560)
    glow = np.exp(-((distance / 260.0) ** 2))[:, :, None]
    colour = colour * (1.0 - 0.6 * glow) + np.array((255, 226, 160)) * 0.6 * glow
    disc = np.clip(58.0 - distance, 0.0, 1.0)[:, :, None]
    return colour * (1.0 - disc) + np.array((255, 244, 214)) * disc


def scene():
    random = np.random.default_rng(20240229)
    picture = np.zeros((HEIGHT, WIDTH, 3))
    picture[:HORIZON] = sky()
    rows = np.arange(HORIZON)[:, None]
    ranges = 6
    for index in range(ranges):
        near = index / (ranges - 1)
        line = ridge(random, 470 + 220 * near, 95 - 45 * near)
        below = np.clip(rows - line[None, :], 0.0, 1.0)[:, :, None]
        haze = np.clip((rows - line[None, :]) / 220.0, 0.0, 1.0)[:, :, None] * (1.0 - near)
        colour = mix((176, 140, 150), (22, 26, 44), np.full((1, 1, 1), near**0.8))
        shade = colour * (1.0 - 0.55 * haze) + np.array((244, 178, 132)) * 0.55 * haze
        picture[:HORIZON] = picture[:HORIZON] * (1.0 - below) + shade * below
    depth = HEIGHT - HORIZON
    ripple = (np.sin(np.arange(depth) ** 1.25 * 0.55) * np.linspace(1, 9, depth)).astype(int)
    for row in range(depth):
        source = picture[HORIZON - 1 - int(row * 1.6)]
        picture[HORIZON + row] = np.roll(source, ripple[row], axis=0) * (0.86 - 0.4 * row / depth)
    grain = random.normal(0.0, 1.6, (HEIGHT, WIDTH, 1))
    return Image.fromarray(np.clip(picture + grain, 0, 255).astype(np.uint8))


def main():
    default = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "thumbnail", "picture.jpg")
    target = sys.argv[1] if len(sys.argv) > 1 else default
    scene().save(target, "JPEG", quality=84, optimize=True)
    print(f"{os.path.normpath(target)}: {os.path.getsize(target)} bytes")


if __name__ == "__main__":
    main()
