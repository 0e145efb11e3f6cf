"""Drawn pictures with what must not be seen: a face that the detector takes for one, and Vietnamese number plates."""

from __future__ import annotations

from PIL import Image, ImageDraw, ImageFilter, ImageFont

STREET = (150, 150, 140)
SKIN, HAIR = (224, 172, 140), (40, 28, 20)


def face(side: int) -> Image.Image:
    """A drawn face of `side` x `side` px. Real ones are measured by `bin/bench blur`."""
    big = Image.new("RGB", (400, 400), (120, 150, 160))
    draw = ImageDraw.Draw(big)
    draw.ellipse((80, 20, 320, 240), fill=HAIR)
    draw.ellipse((96, 50, 304, 370), fill=SKIN)
    draw.pieslice((88, 24, 312, 220), 180, 360, fill=HAIR)
    for x in (156, 244):
        draw.ellipse((x - 30, 164, x + 30, 196), fill=(250, 250, 250))
        draw.ellipse((x - 14, 164, x + 14, 196), fill=(50, 30, 20))
        draw.rectangle((x - 34, 140, x + 34, 150), fill=(45, 30, 22))
    draw.polygon([(200, 190), (180, 256), (220, 256)], fill=(200, 145, 115))
    draw.ellipse((156, 280, 244, 316), fill=(170, 70, 70))
    return big.filter(ImageFilter.GaussianBlur(3)).resize((side, side), Image.Resampling.LANCZOS)


def plate(*lines: str, height: int) -> Image.Image:
    """A number plate of one or two lines, each `height` px high: black on white with a frame, as they are."""
    font = ImageFont.load_default(size=round(height * 0.95))
    widths = [font.getlength(line) for line in lines]
    width, tall = round(max(widths) + height), round(len(lines) * height * 1.15 + height * 0.4)
    picture = Image.new("RGB", (width, tall), (245, 245, 240))
    draw = ImageDraw.Draw(picture)
    draw.rectangle((0, 0, width - 1, tall - 1), outline=(20, 20, 20), width=max(1, height // 15))
    for number, (line, long) in enumerate(zip(lines, widths, strict=True)):
        draw.text(((width - long) / 2, height * (0.1 + 1.15 * number)), line, fill=(15, 15, 15), font=font, stroke_width=max(1, height // 25), stroke_fill=(15, 15, 15))
    return picture


def street(*things: tuple[Image.Image, tuple[int, int]], size: tuple[int, int] = (1000, 750)) -> Image.Image:
    """A grey street with pictures put onto it at their left top corners."""
    picture = Image.new("RGB", size, STREET)
    for thing, corner in things:
        picture.paste(thing, corner)
    return picture


def beach_with_waste(*things: tuple[Image.Image, tuple[int, int]], size: tuple[int, int] = (1600, 1200)) -> Image.Image:
    """Sky, sea and sand with bottles and bags, and pictures put onto it."""
    width, height = size
    picture = Image.new("RGB", size, (168, 206, 226))
    draw = ImageDraw.Draw(picture)
    draw.rectangle((0, height * 0.30, width, height * 0.46), fill=(64, 138, 154))
    draw.rectangle((0, height * 0.45, width, height), fill=(222, 203, 160))
    colours = [(40, 130, 90), (230, 230, 235), (190, 60, 50), (60, 110, 180), (245, 200, 80)]
    for number in range(26):
        x, y = (number * 397) % width, height * 0.55 + (number * 211) % (height * 0.4)
        long, colour = 46 + (number * 13) % 50, colours[number % 5]
        draw.rounded_rectangle((x, y, x + long, y + long * 0.36), long * 0.16, fill=colour, outline=(60, 60, 60))
        draw.rectangle((x + long, y + long * 0.1, x + long * 1.18, y + long * 0.26), fill=colours[(number + 2) % 5])
    for thing, corner in things:
        picture.paste(thing, corner)
    return picture
