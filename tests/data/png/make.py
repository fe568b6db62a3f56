"""Makes the pictures of this folder: the same 4x3 picture in many kinds of PNG, with only zlib."""

import struct
import zlib

WIDTH, HEIGHT = 4, 3


def pixel(x, y):
    return (x * 60 + 5, y * 90 + 10, (x + y) * 40)


def gray(x, y):
    return (x * 60 + y * 25) % 256


def chunk(kind, data):
    body = kind + data
    return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))


def write(name, depth, colour, row, extra=b""):
    lines = b"".join(b"\0" + row(y) for y in range(HEIGHT))
    header = struct.pack(">IIBBBBB", WIDTH, HEIGHT, depth, colour, 0, 0, 0)
    with open(name, "wb") as out:
        out.write(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + extra)
        out.write(chunk(b"IDAT", zlib.compress(lines, 9)) + chunk(b"IEND", b""))


def samples(values, code="B"):
    return struct.pack(f">{len(values)}{code}", *values)


def row_of(values, code="B"):
    return lambda y: b"".join(samples(values(x, y), code) for x in range(WIDTH))


palette = b"".join(samples(pixel(x, y)) for y in range(HEIGHT) for x in range(WIDTH))

write("rgb8.png", 8, 2, row_of(pixel))
write("rgb16.png", 16, 2, row_of(lambda x, y: [v * 257 for v in pixel(x, y)], "H"))
write("rgba8-opaque.png", 8, 6, row_of(lambda x, y: (*pixel(x, y), 255)))
write("rgba8-clear.png", 8, 6, row_of(lambda x, y: (*pixel(x, y), 0)))
write("palette8.png", 8, 3, row_of(lambda x, y: (y * WIDTH + x,)), chunk(b"PLTE", palette))
write("gray8.png", 8, 0, row_of(lambda x, y: (gray(x, y),)))
write("gray16-alpha.png", 16, 4, row_of(lambda x, y: (gray(x, y) * 257, 65535), "H"))
write("gray1.png", 1, 0, lambda y: bytes([0b01010000 if y % 2 == 0 else 0b10100000]))
