"""What is kept between two commands is found again only where it is what was written, for the same inputs."""

from __future__ import annotations

import resource
import sys
import zoneinfo
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubspot_sla.flows.context import start_cache
from hubspot_sla.flows.context.settings import from_environment
from hubspot_sla.flows.context.start_cache import StartCache, key_of
from proof import examples

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

VALUE = {"words": ["a", "ü"], "number": 7}
SHAPE = {"words": [str], "number": int}


@pytest.fixture
def cache(tmp_path: Path) -> StartCache:
    kept = StartCache(tmp_path / "made" / "cache")
    kept.store("answers", "k1", VALUE)
    return kept


def file_of(cache: StartCache) -> Path:
    assert cache.folder is not None
    (file,) = cache.folder.iterdir()
    return file


def test_what_was_kept_is_found_again_by_its_owner_alone(cache: StartCache) -> None:
    assert cache.recall("answers", "k1", SHAPE) == VALUE
    assert cache.folder is not None
    assert (file_of(cache).stat().st_mode & 0o777, cache.folder.stat().st_mode & 0o777) == (0o600, 0o700)


def test_nothing_is_found_under_another_key_or_kind_also_where_the_file_is_renamed(cache: StartCache) -> None:
    file = file_of(cache)
    file.with_name("answers-k2.json").write_bytes(file.read_bytes())
    (file.parent / "answers-k2.json").chmod(0o600)
    assert cache.recall("answers", "k2", SHAPE) is None
    assert cache.recall("others", "k1", SHAPE) is None


def test_a_byte_that_is_another_or_missing_makes_it_count_for_nothing(cache: StartCache) -> None:
    file = file_of(cache)
    whole = file.read_bytes()
    for place in range(len(whole)):
        file.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        assert cache.recall("answers", "k1", SHAPE) is None
        file.write_bytes(whole[:place])
        assert cache.recall("answers", "k1", SHAPE) is None
    file.write_bytes(whole)
    assert cache.recall("answers", "k1", SHAPE) == VALUE


@given(st.binary(max_size=60))
@examples(60)
def test_whatever_stands_in_the_file_is_refused_in_one_way(content: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - of whatever it consists, `recall` takes it for one answer
        start_cache._checked(content, "answers", "k1")


@pytest.mark.parametrize(
    "value", [None, 5, [], {}, {"words": [1], "number": 7}, {"words": "a", "number": 7}, VALUE | {"number": True}]
)
def test_a_value_of_another_shape_counts_for_nothing(cache: StartCache, value: object) -> None:
    cache.store("answers", "k1", value)
    assert cache.recall("answers", "k1", SHAPE) is None


@pytest.mark.parametrize("mode", [0o620, 0o602, 0o666])
def test_a_file_that_others_may_write_counts_for_nothing(cache: StartCache, mode: int) -> None:
    file_of(cache).chmod(mode)
    assert cache.recall("answers", "k1", SHAPE) is None


def test_a_link_is_not_followed_and_a_folder_is_no_file(cache: StartCache) -> None:
    file = file_of(cache)
    elsewhere = file.rename(file.parent.parent / "elsewhere.json")
    file.symlink_to(elsewhere)
    assert cache.recall("answers", "k1", SHAPE) is None
    file.unlink()
    file.mkdir()
    assert cache.recall("answers", "k1", SHAPE) is None


def test_a_folder_that_others_may_write_is_left_alone(cache: StartCache) -> None:
    assert cache.folder is not None
    cache.folder.chmod(0o777)
    cache.store("answers", "k2", VALUE)
    assert cache.recall("answers", "k2", SHAPE) is None


def test_where_nothing_can_be_written_nothing_is_kept_and_nothing_is_raised(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    for folder in (tmp_path / "file" / "cache", None):
        cache = StartCache(folder)
        cache.store("answers", "k1", VALUE)
        assert cache.recall("answers", "k1", SHAPE) is None
        cache.forget("answers", "k1")


@pytest.fixture
def no_room() -> Iterator[None]:
    """No file of this process may grow beyond some bytes, as on a disk that is full."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, hard))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.usefixtures("no_room")
def test_a_full_disk_leaves_what_was_there_before_and_nothing_half_written(tmp_path: Path) -> None:
    cache = StartCache(tmp_path)
    cache.store("answers", "k1", "x" * 1000)
    assert list(tmp_path.iterdir()) == []


def test_what_cannot_be_said_in_json_is_not_kept(cache: StartCache) -> None:
    cache.store("answers", "k2", {"at": object()})
    assert cache.recall("answers", "k2", {"at": str}) is None


def test_of_many_the_newest_stay(tmp_path: Path) -> None:
    cache = StartCache(tmp_path)
    for number in range(start_cache.FILES_KEPT + 5):
        cache.store("answers", f"k{number}", VALUE)
    assert len(list(tmp_path.iterdir())) == start_cache.FILES_KEPT


def test_the_key_tells_parts_apart() -> None:
    keys = {key_of("ab", "c"), key_of("a", "bc"), key_of("abc"), key_of(b"abc", ""), key_of()}
    assert len(keys) == 5
    assert key_of("ab", "c") == key_of(b"ab", b"c")


@pytest.fixture
def fresh_identity() -> Iterator[None]:
    start_cache.identity.cache_clear()
    yield
    zoneinfo.reset_tzpath()
    start_cache.identity.cache_clear()


@pytest.mark.usefixtures("fresh_identity")
@pytest.mark.parametrize("name", ["hubspot_sla", "holidays", "tzdata"])
def test_another_version_of_the_program_or_of_a_library_of_dates_is_another_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    before = key_of("a text")
    (tmp_path / f"{name}-99.dist-info").mkdir()
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    start_cache.identity.cache_clear()
    assert key_of("a text") != before


@pytest.mark.usefixtures("fresh_identity")
def test_other_time_zones_of_the_machine_are_another_key(tmp_path: Path) -> None:
    before = key_of("a text")
    zoneinfo.reset_tzpath(to=[str(tmp_path)])
    start_cache.identity.cache_clear()
    assert key_of("a text") != before


@pytest.mark.usefixtures("fresh_identity")
def test_an_edited_file_of_the_program_is_another_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "package" / "room").mkdir(parents=True)
    file = tmp_path / "package" / "room" / "code.py"
    file.write_text("one = 1\n", encoding="utf-8")
    monkeypatch.setattr(start_cache, "_PACKAGE", tmp_path / "package")
    before = key_of("a text")
    file.write_text("one = 11\n", encoding="utf-8")
    start_cache.identity.cache_clear()
    assert key_of("a text") != before


@pytest.mark.parametrize(
    ("environment", "folder"),
    [
        ({"HOME": "/home/ann"}, "/home/ann/.cache/hubspot-sla"),
        ({"HOME": "/home/ann", "XDG_CACHE_HOME": "/var/cache/ann"}, "/var/cache/ann/hubspot-sla"),
        ({"HOME": "/home/ann", "SLA_CACHE": "/tmp/kept"}, "/tmp/kept"),  # noqa: S108 - nothing is written there
        ({"HOME": "/home/ann", "SLA_CACHE": "off"}, None),
        ({"XDG_CACHE_HOME": "relative"}, None),
        ({}, None),
    ],
)
def test_the_folder_is_that_of_the_user_for_caches(environment: dict[str, str], folder: str | None) -> None:
    kept = from_environment(environment).cache
    assert (None if kept is None else str(kept)) == folder
