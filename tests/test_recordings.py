import errno
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from specimg.audio.recordings import (
    Listing,
    NoInputError,
    find_recordings,
)
from specimg.encoding import decode_name, encode_name


def is_wav(path: Path) -> bool:
    return path.suffix.lower() == ".wav"


def touch(root: Path, *names: str) -> None:
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()


def find(*inputs: Path, leave_out: Path | None = None) -> Listing:
    return find_recordings(inputs, is_wav, leave_out=leave_out)


def names(listing: Listing) -> list[tuple[str, str]]:
    return [(recording.name, recording.label) for recording in listing.recordings]


def test_one_folder_is_mirrored_with_labels(tmp_path: Path) -> None:
    touch(tmp_path, "b.wav", "robin/2.WAV", "robin/1.wav", "robin/x/3.wav", "notes.txt")
    listing = find(tmp_path)
    assert names(listing) == [
        ("b.wav", ""),
        ("robin/1.wav", "robin"),
        ("robin/2.WAV", "robin"),
        ("robin/x/3.wav", "robin"),
    ]
    assert len(listing.passed_over) == 1


def test_several_inputs_are_named_below_the_folder_that_they_share(
    tmp_path: Path,
) -> None:
    touch(tmp_path, "cards/A/1.wav", "cards/B/1.wav", "cards/B/night/1.wav", "x/y.wav")
    cards = tmp_path / "cards"
    expected = [("A/1.wav", "A"), ("B/1.wav", "B"), ("B/night/1.wav", "B")]
    assert names(find(cards / "A", cards / "B")) == expected
    assert names(find(cards / "B", cards / "A")) == expected
    files = (cards / "A/1.wav", cards / "B/1.wav")
    assert names(find(*files)) == [("A/1.wav", "A"), ("B/1.wav", "B")]
    # Nor do names change when one of them is not there.
    (cards / "B").rename(tmp_path / "away")
    assert names(find(cards / "A", cards / "B"))[0] == expected[0]
    assert names(find(cards / "A/1.wav")) == [("1.wav", "")]


def test_a_recording_that_is_named_twice_is_listed_once(tmp_path: Path) -> None:
    touch(tmp_path, "in/robin/1.wav")
    folder = tmp_path / "in"
    twice = find(folder, folder / "robin" / "1.wav", folder / ".", folder / "robin")
    assert names(twice) == [("robin/1.wav", "robin")]


def test_what_is_named_is_taken_whatever_it_is(tmp_path: Path) -> None:
    touch(tmp_path, "notes.txt")
    assert names(find(tmp_path / "notes.txt")) == [("notes.txt", "")]
    assert names(find(tmp_path / "none.wav")) == [("none.wav", "")]


def test_no_audio_is_an_error(tmp_path: Path) -> None:
    touch(tmp_path, "notes.txt")
    with pytest.raises(
        NoInputError, match=r"no audio found in .* \(passed over 1 \.txt\)$"
    ):
        find(tmp_path)


def test_links_are_followed_but_not_in_circles(tmp_path: Path) -> None:
    touch(tmp_path, "a/1.wav", "elsewhere/2.wav")
    folder = tmp_path / "a"
    (folder / "up").symlink_to(tmp_path / "a")
    (folder / "self.wav").symlink_to(folder / "self.wav")
    (folder / "there").symlink_to(tmp_path / "elsewhere")
    (folder / "again").symlink_to(tmp_path / "elsewhere")
    found = [name for name, _ in names(find(folder))]
    assert found == ["1.wav", "again/2.wav", "self.wav", "there/2.wav"]


def test_the_output_and_hidden_folders_are_not_entered(tmp_path: Path) -> None:
    touch(tmp_path, "1.wav", "out/2.wav", ".Trash/3.wav", ".4.wav")
    found = names(find(tmp_path, leave_out=tmp_path / "out"))
    assert found == [(".4.wav", ""), ("1.wav", "")]


def test_a_folder_that_cannot_be_listed_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    touch(tmp_path, "1.wav", "closed/2.wav")
    scandir = os.scandir

    def refuse(folder: Path) -> object:
        if folder.name == "closed":
            raise PermissionError(errno.EACCES, "Permission denied")
        return scandir(folder)

    monkeypatch.setattr(os, "scandir", refuse)
    listing = find(tmp_path)
    assert listing.unreadable == (
        ("closed", "cannot list the folder: Permission denied"),
    )
    assert names(listing) == [("1.wav", "")]


@pytest.mark.parametrize(
    ("name", "encoded"),
    [
        ("robin.wav", "robin.wav"),
        ("ünïcödé 鳥 🐦.wav", "ünïcödé 鳥 🐦.wav"),
        ("new\nline\t.wav", "new%0Aline%09.wav"),
        ("100%.wav", "100%25.wav"),
        ("\x1b[31mred.wav", "%1B[31mred.wav"),
        (os.fsdecode(b"latin1_\xe9t\xe9.wav"), "latin1_%E9t%E9.wav"),
    ],
)
def test_names_are_encoded_where_they_must_be(name: str, encoded: str) -> None:
    assert encode_name(name) == encoded


@given(st.binary(min_size=1, max_size=255).filter(lambda name: b"\0" not in name))
def test_every_name_decodes_back_to_its_bytes(name: bytes) -> None:
    encoded = encode_name(os.fsdecode(name))
    assert decode_name(encoded) == name
    assert encoded.isprintable()
