"""The zip reader opens what is sound and refuses what is hostile, by name."""

from __future__ import annotations

import io
import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from piaoju.kit.limits import ARCHIVE_ENTRIES_MAX
from piaoju.standard.verdict.container import ContainerUnreadable, read_container


def archive(*entries: tuple[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", method) as target:
        for name, content in entries:
            target.writestr(zipfile.ZipInfo(name), content, method)
    return stream.getvalue()


def test_files_come_out_in_order_under_absolute_paths() -> None:
    read = read_container(archive(("OFD.xml", b"a"), ("Doc_0/", b""), ("Doc_0/Document.xml", b"b")))
    assert [(entry.path, entry.content) for entry in read] == [("/OFD.xml", b"a"), ("/Doc_0/Document.xml", b"b")]


@pytest.mark.parametrize(
    "name", ["../x", "/x", "a/../../x", "a//b", "./x", "a\\b", "C:x", "a\x1fb"], ids=repr
)
def test_a_name_that_leaves_the_package_is_refused(name: str) -> None:
    with pytest.raises(ContainerUnreadable, match="条目名"):
        read_container(archive(("OFD.xml", b"a"), (name, b"x")))


def test_a_name_that_hides_behind_a_nul_is_refused() -> None:
    content = archive(("OFD.xmlZtail", b"a")).replace(b"OFD.xmlZtail", b"OFD.xml\0tail")
    with pytest.raises(ContainerUnreadable, match="条目名"):
        read_container(content)


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_name_twice_is_refused() -> None:
    with pytest.raises(ContainerUnreadable, match="同名") as caught:
        read_container(archive(("a.xml", b"1"), ("a.xml", b"2")))
    assert caught.value.part == "/a.xml"


def test_a_bomb_is_refused_before_it_is_unpacked() -> None:
    with pytest.raises(ContainerUnreadable, match="展开后过大"):
        read_container(archive(("a.xml", bytes(3_000_000))))


def test_a_bomb_that_lies_about_its_size_is_refused() -> None:
    honest = archive(("a.xml", bytes(3_000_000)))
    lying = honest.replace((3_000_000).to_bytes(4, "little"), (1_000).to_bytes(4, "little"))
    with pytest.raises(ContainerUnreadable):
        read_container(lying)


def test_too_many_entries_are_refused() -> None:
    entries = [(f"{index}", b"") for index in range(ARCHIVE_ENTRIES_MAX + 1)]
    with pytest.raises(ContainerUnreadable, match="条目超过"):
        read_container(archive(*entries))


def test_an_encrypted_or_exotic_entry_is_refused() -> None:
    with pytest.raises(ContainerUnreadable, match="压缩方法"):
        read_container(archive(("a.xml", b"x" * 100), method=zipfile.ZIP_BZIP2))
    content = bytearray(archive(("a.xml", b"x")))
    content[content.index(b"PK\x01\x02") + 8] |= 1
    with pytest.raises(ContainerUnreadable, match="加密"):
        read_container(bytes(content))


def test_a_wrong_crc_is_refused_and_the_entry_named() -> None:
    content = archive(("a.xml", b"hello"), method=zipfile.ZIP_STORED).replace(b"hello", b"hellO")
    with pytest.raises(ContainerUnreadable) as caught:
        read_container(content)
    assert caught.value.part == "/a.xml"


@settings(max_examples=300, deadline=None)
@given(content=st.binary(max_size=300), at=st.integers(0, 400), sound=st.booleans())
def test_no_bytes_at_all_raise_anything_else(content: bytes, at: int, sound: bool) -> None:
    whole = bytearray(archive(("OFD.xml", b"<x/>" * 20), ("b/c.xml", b"y")))
    if sound:
        at %= len(whole)
        whole[at : at + len(content)] = content
    try:
        read_container(bytes(whole) if sound else content)
    except ContainerUnreadable as refusal:
        assert refusal.detail
