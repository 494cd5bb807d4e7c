from __future__ import annotations

import os
from pathlib import Path

import cv2
import numpy as np
import pytest

from alvinn.util.images import (
    PictureError,
    convert_to_jpeg,
    decode_image,
    encode_jpeg,
    encode_png,
    read_image_size,
    read_inside,
    trim_jpeg,
)

PICTURE = np.arange(30 * 50 * 3, dtype=np.uint8).reshape(30, 50, 3)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A recording beside a secret."""
    (tmp_path / "secret.jpg").write_bytes(encode_jpeg(PICTURE))
    (tmp_path / "recording" / "frames").mkdir(parents=True)
    (tmp_path / "recording" / "frames" / "1.jpg").write_bytes(encode_jpeg(PICTURE))
    return tmp_path / "recording"


def test_a_picture_inside_is_read(folder: Path) -> None:
    assert read_inside(folder, "frames/1.jpg") == encode_jpeg(PICTURE)
    assert read_inside(folder, "frames/../frames/1.jpg") == encode_jpeg(PICTURE)


@pytest.mark.parametrize("name", ["../secret.jpg", "frames/../../secret.jpg", "/secret.jpg", "{absolute}"])
def test_a_picture_outside_is_refused(folder: Path, name: str) -> None:
    with pytest.raises(PictureError, match="outside the recording"):
        read_inside(folder, name.format(absolute=folder.parent / "secret.jpg"))


@pytest.mark.skipif(os.name == "nt", reason="links need a privilege on Windows")
def test_a_link_that_leads_out_is_refused_and_a_ring_of_links_is_missing(folder: Path) -> None:
    (folder / "out.jpg").symlink_to(folder.parent / "secret.jpg")
    (folder / "ring.jpg").symlink_to(folder / "ring.jpg")
    with pytest.raises(PictureError, match="outside the recording"):
        read_inside(folder, "out.jpg")
    with pytest.raises(PictureError, match="missing"):
        read_inside(folder, "ring.jpg")


@pytest.mark.parametrize("name", ["frames/2.jpg", "frames", "nul\0.jpg", "x" * 5000])
def test_a_name_that_is_no_file_is_a_missing_picture(folder: Path, name: str) -> None:
    with pytest.raises(PictureError, match="missing"):
        read_inside(folder, name)


def claim(data: bytes, height: int, width: int) -> bytes:
    """The picture, saying that it has another size."""
    if data.startswith(b"\x89PNG"):
        return data[:16] + width.to_bytes(4, "big") + height.to_bytes(4, "big") + data[24:]
    at = data.index(b"\xff\xc0")
    return data[: at + 5] + height.to_bytes(2, "big") + width.to_bytes(2, "big") + data[at + 9 :]


@pytest.mark.parametrize("data", [encode_jpeg(PICTURE), encode_png(PICTURE)], ids=["jpeg", "png"])
def test_a_picture_that_claims_an_absurd_size_is_refused_before_it_is_decoded(
    data: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    def decode(*_: object) -> None:
        raise AssertionError("it was decoded")

    assert read_image_size(data) == (30, 50)
    monkeypatch.setattr(cv2, "imdecode", decode)
    with pytest.raises(PictureError, match="claims 60000x60000 pixels"):
        decode_image(claim(data, 60000, 60000))
    with pytest.raises(PictureError, match="claims 60000x60000 pixels"):
        convert_to_jpeg(claim(data, 60000, 60000), 90)


@pytest.mark.parametrize("tail", [b"\n", b"\0" * 7, b"\xff\xd9", b"\xff\xd8 another"])
def test_bytes_after_the_end_of_a_jpeg_are_cut_off(tail: bytes) -> None:
    data = encode_jpeg(PICTURE)
    assert trim_jpeg(data + tail) == convert_to_jpeg(data + tail, 90) == data


@pytest.mark.parametrize("mode", ["progressive", "thumbnail"])
def test_the_end_is_that_of_the_picture_itself(mode: str) -> None:
    plain = encode_jpeg(PICTURE)
    if mode == "progressive":
        data = cv2.imencode(".jpg", PICTURE, [cv2.IMWRITE_JPEG_PROGRESSIVE, 1])[1].tobytes()
    else:  # a whole JPEG within the segment that cameras keep their data in
        data = plain[:2] + b"\xff\xe1" + (len(plain) + 2).to_bytes(2, "big") + plain + plain[2:]
    assert trim_jpeg(data + b"\n") == data
    assert convert_to_jpeg(data, 90) == data


@pytest.mark.parametrize("keep", [0, 2, 20, 200, 400])
def test_a_torn_jpeg_is_damaged(keep: int) -> None:
    with pytest.raises(PictureError, match="its picture is damaged"):
        convert_to_jpeg(encode_jpeg(PICTURE)[:keep], 90)


@pytest.mark.parametrize("turn", range(1, 9))
def test_a_picture_that_lies_in_its_file_is_imported_upright(turn: int) -> None:
    """As a phone writes it: an EXIF tag says how it is to be turned."""
    picture = np.random.default_rng(0).integers(0, 256, (16, 32, 3), dtype=np.uint8)
    tiff = b"MM\x00\x2a\x00\x00\x00\x08\x00\x01\x01\x12\x00\x03\x00\x00\x00\x01" + bytes([0, turn, 0, 0]) + bytes(4)
    exif = b"Exif\x00\x00" + tiff
    plain = encode_jpeg(picture)
    turned = plain[:2] + b"\xff\xe1" + (len(exif) + 2).to_bytes(2, "big") + exif + plain[2:]
    imported = convert_to_jpeg(turned, 92)
    assert decode_image(imported).shape[:2] == read_image_size(imported) == ((16, 32) if turn < 5 else (32, 16))


def test_a_png_becomes_jpeg() -> None:
    flat = np.full((30, 50, 3), (200, 30, 60), np.uint8)
    assert np.abs(decode_image(convert_to_jpeg(encode_png(flat), 97)).astype(int) - flat).max() <= 3
    with pytest.raises(PictureError, match="its picture is damaged"):
        convert_to_jpeg(encode_png(flat)[:-40], 97)


def test_another_kind_of_file_is_named() -> None:
    with pytest.raises(PictureError, match="neither JPEG nor PNG"):
        convert_to_jpeg(b"GIF89a" + bytes(100), 90)
