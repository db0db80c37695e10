"""Picture files: good ones come out upright in three colours, bad ones as the one error that fits, never as another."""

import io
import struct
import tracemalloc
import zlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from ostiary.controller.samples import portrait, portraits
from ostiary.models import picture

RNG = np.random.default_rng(7)
# Left half dark, right half light, with a red corner top left: every turn and every lost channel shows.
PATTERN = np.full((96, 160, 3), 60, np.uint8)
PATTERN[:, 80:] = 200
PATTERN[:32, :32] = (220, 20, 20)


def saved(image: Image.Image, kind: str, **options: object) -> bytes:
    stream = io.BytesIO()
    image.save(stream, kind, **options)
    return stream.getvalue()


JPEG = saved(Image.fromarray(PATTERN), "JPEG", quality=90)
PNG = saved(Image.fromarray(PATTERN), "PNG")
WEBP = saved(Image.fromarray(PATTERN), "WEBP", lossless=True)


def close(rgb: np.ndarray, expected: np.ndarray, by: float = 3) -> bool:
    return rgb.shape == expected.shape and float(np.abs(rgb.astype(int) - expected.astype(int)).mean()) < by


@pytest.mark.parametrize("data", [JPEG, PNG, WEBP], ids=["jpeg", "png", "webp"])
def test_the_three_formats_are_read(data: bytes) -> None:
    rgb = picture.decode(data)
    assert rgb.dtype == np.uint8
    assert close(rgb, PATTERN)
    assert rgb.flags.writeable
    assert rgb.flags.c_contiguous


@pytest.mark.parametrize("name", portraits())
def test_every_sample_is_read(name: str) -> None:
    with Image.open(portrait(name)) as opened:
        width, height = opened.size
    halved = 2 if max(height, width) > picture.LONGEST_PX else 1
    assert picture.decode(portrait(name).read_bytes()).shape == (-(-height // halved), -(-width // halved), 3)


def test_no_bytes_are_an_empty_picture() -> None:
    with pytest.raises(picture.Empty, match="0 bytes"):
        picture.decode(b"")


@pytest.mark.parametrize(
    "data",
    [b"hello, this is text\n" * 50, b"\x00" * 5000, b"GIF89a" + bytes(200), b"%PDF-1.7\n" + bytes(99), b"<svg/>"],
)
def test_other_files_are_no_pictures(data: bytes) -> None:
    with pytest.raises(picture.NotAPicture, match="no JPEG, PNG or WebP"):
        picture.decode(data)


@pytest.mark.parametrize("data", [JPEG, PNG, WEBP], ids=["jpeg", "png", "webp"])
def test_a_file_cut_anywhere_is_truncated_or_whole(data: bytes) -> None:
    """At its very end a decoder may have all it needs; anywhere else the file ends early and says so."""
    for end in {*range(1, 64), *range(64, len(data), max(1, len(data) // 150)), len(data) - 1}:
        try:
            rgb = picture.decode(data[:end])
        except (picture.Truncated, picture.NotAPicture) as error:
            assert isinstance(error, picture.Truncated) or end < 12  # not yet enough to know a format by
            assert error.now
        else:
            assert end >= len(data) - 21  # PNG: the last checksum and the end mark
            assert close(rgb, PATTERN)


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from([JPEG, PNG, WEBP]), st.lists(st.tuples(st.integers(0, 1 << 16), st.integers(0, 255)), max_size=20)
)
def test_damage_raises_a_picture_error_or_nothing(data: bytes, changes: list[tuple[int, int]]) -> None:
    damaged = bytearray(data)
    for at, value in changes:
        damaged[at % len(damaged)] = value
    try:
        rgb = picture.decode(bytes(damaged))
    except picture.PictureError:
        return
    assert rgb.dtype == np.uint8
    assert rgb.ndim == 3


@settings(max_examples=100, deadline=None)
@given(st.binary(min_size=1, max_size=400), st.sampled_from([b"", b"\xff\xd8\xff\xe0", b"\x89PNG\r\n\x1a\n", b"RIFF"]))
def test_noise_raises_a_picture_error(noise: bytes, start: bytes) -> None:
    with pytest.raises(picture.PictureError):
        picture.decode(start + noise)


def png_header(width: int, height: int) -> bytes:
    """A PNG of a few bytes that says it has width x height pixels."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(b"\x00" * 100)) + chunk(b"IEND", b"")


@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
@pytest.mark.parametrize("size", [(7000, 7000), (12_000, 9_000), (60_000, 60_000), (2**31 - 1, 2**31 - 1)])
def test_a_small_file_of_a_huge_picture_is_refused_by_its_header(size: tuple[int, int]) -> None:
    with pytest.raises(picture.TooLarge, match="pixels"):
        picture.decode(png_header(*size))


def test_a_file_of_too_many_bytes_is_refused_unread() -> None:
    with pytest.raises(picture.TooLarge, match="20,000,001 bytes"):
        picture.decode(JPEG + bytes(picture.MAX_BYTES + 1 - len(JPEG)))


@pytest.mark.parametrize("data", [JPEG, PNG, WEBP], ids=["jpeg", "png", "webp"])
@pytest.mark.parametrize(
    "padding", [bytes(100_000), b"\xff\xd9" * 1000, JPEG, PNG], ids=["zeros", "ends", "jpeg", "png"]
)
def test_what_follows_a_picture_changes_nothing(data: bytes, padding: bytes) -> None:
    assert (picture.decode(data + padding) == picture.decode(data)).all()


@pytest.mark.parametrize("kind", [b"zTXt", b"iCCP", b"iTXt"])
def test_a_picture_padded_with_a_text_that_unpacks_to_gigabytes_takes_no_memory(kind: bytes) -> None:
    packer = zlib.compressobj(9)
    bomb = b"".join(packer.compress(bytes(1 << 20)) for _ in range(512)) + packer.flush()
    body = b"name\0\0" + (b"\1\0\0\0" if kind == b"iTXt" else b"") + bomb
    chunk = struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
    at = 8 + 25  # after signature and IHDR
    tracemalloc.start()
    try:
        assert close(picture.decode(PNG[:at] + chunk + PNG[at:]), PATTERN)
    except picture.PictureError as refused:
        assert isinstance(refused, picture.Truncated)
    finally:
        _, peak_bytes = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert peak_bytes < 100_000_000


def test_a_ribbon_of_a_picture_shrinks_and_stays_a_picture() -> None:
    rgb = picture.decode(saved(Image.new("RGB", (64, 30_000), (90, 90, 90)), "PNG"))
    assert rgb.shape[0] <= picture.LONGEST_PX
    assert rgb.shape[1] >= 1


@pytest.mark.parametrize("size", [(20, 20), (63, 500), (500, 63), (1, 1)])
def test_a_tiny_picture_is_refused(size: tuple[int, int]) -> None:
    with pytest.raises(picture.TooSmall, match=f"{size[0]} x {size[1]}"):
        picture.decode(saved(Image.new("RGB", size), "PNG"))


def test_transparency_is_laid_over_grey() -> None:
    alpha = np.full((96, 160, 1), 255, np.uint8)
    alpha[48:] = 0
    rgb = picture.decode(saved(Image.fromarray(np.concatenate([PATTERN, alpha], 2), "RGBA"), "PNG"))
    assert close(rgb[:48], PATTERN[:48], 1)
    assert (rgb[48:] == 128).all()


def test_grey_of_eight_and_sixteen_bits_gives_the_same_picture() -> None:
    grey = PATTERN[:, :, 1]
    eight = picture.decode(saved(Image.fromarray(grey), "PNG"))
    sixteen = picture.decode(saved(Image.fromarray(grey.astype(np.uint16) * 257), "PNG"))
    assert (eight == grey[:, :, None]).all()
    assert (sixteen == eight).all()


def test_a_palette_and_cmyk_become_three_colours() -> None:
    assert close(picture.decode(saved(Image.fromarray(PATTERN).quantize(16), "PNG")), PATTERN)
    assert picture.decode(saved(Image.fromarray(PATTERN).convert("CMYK"), "JPEG")).shape == PATTERN.shape


@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_orientation_is_applied(orientation: int) -> None:
    """The stored pixels are turned so that the tag turns them back (TIFF 6.0, tag 274)."""
    stored = {
        1: PATTERN,
        2: PATTERN[:, ::-1],
        3: PATTERN[::-1, ::-1],
        4: PATTERN[::-1],
        5: PATTERN.transpose(1, 0, 2),
        6: np.rot90(PATTERN),
        7: PATTERN[::-1, ::-1].transpose(1, 0, 2),
        8: np.rot90(PATTERN, -1),
    }[orientation]
    exif = Image.Exif()
    exif[274] = orientation
    data = saved(Image.fromarray(np.ascontiguousarray(stored)), "JPEG", exif=exif, quality=95)
    assert close(picture.decode(data), PATTERN, 4)


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_a_long_picture_is_halved_until_it_fits(kind: str) -> None:
    rgb = picture.decode(saved(Image.fromarray(np.kron(PATTERN, np.ones((20, 20, 1), np.uint8))), kind))
    assert picture.LONGEST_PX / 4 < max(rgb.shape) <= picture.LONGEST_PX
    assert rgb.shape[1] / rgb.shape[0] == pytest.approx(160 / 96, rel=0.02)


def test_every_error_says_what_why_and_what_now() -> None:
    for data in (b"", b"text" * 9, JPEG[:200], saved(Image.new("RGB", (9, 9)), "PNG")):
        with pytest.raises(picture.PictureError) as refused:
            picture.decode(data)
        assert str(refused.value) == f"{refused.value.what} {refused.value.why} {refused.value.now}"
        assert all(part.endswith(".") for part in refused.value.args)
