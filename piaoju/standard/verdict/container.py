"""Opens a zip container that nobody vouches for: limits first, nothing written, nothing followed."""

from __future__ import annotations

import io
import zipfile
import zlib
from dataclasses import dataclass

from piaoju.kit.limits import ARCHIVE_ENTRIES_MAX, ARCHIVE_RATIO_MAX, FILE_BYTES_MAX

EXPANDED_BYTES_MAX = 4 * FILE_BYTES_MAX  # all entries together; a sealed bill is under 200 KB
_ENCRYPTED = 0x1
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)


class ContainerUnreadable(Exception):
    """The container breaks a limit or a rule of zip; the message says which, `part` says where."""

    def __init__(self, detail: str, part: str = "") -> None:
        super().__init__(detail)
        self.detail = detail
        self.part = part


@dataclass(frozen=True, slots=True)
class Entry:
    """One file of the container, unpacked, under its absolute path (`/Doc_0/Document.xml`)."""

    path: str
    content: bytes


def read_container(content: bytes) -> tuple[Entry, ...]:
    """Every file of a zip in the order of its directory, or ContainerUnreadable with the reason."""
    if len(content) > FILE_BYTES_MAX:
        raise ContainerUnreadable(f"文件超过 {FILE_BYTES_MAX // 1024 // 1024} MB 的上限")
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = archive.infolist()
            _refuse_by_directory(members, len(content))
            return tuple(_read(archive, member) for member in members if not member.is_dir())
    except ContainerUnreadable:
        raise
    # zipfile answers hostile bytes with many kinds of error; to the reader they all mean the same.
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError, ValueError, LookupError) as error:
        raise ContainerUnreadable(f"不是完好的 zip 容器：{error}") from error
    except Exception as error:  # struct.error, OverflowError and whatever the next release adds
        raise ContainerUnreadable(f"不是完好的 zip 容器：{type(error).__name__}") from error


def _refuse_by_directory(members: list[zipfile.ZipInfo], size: int) -> None:
    if len(members) > ARCHIVE_ENTRIES_MAX:
        raise ContainerUnreadable(f"条目超过 {ARCHIVE_ENTRIES_MAX} 个")
    if sum(member.file_size for member in members) > min(EXPANDED_BYTES_MAX, size * ARCHIVE_RATIO_MAX):
        raise ContainerUnreadable(f"展开后过大（压缩比上限 {ARCHIVE_RATIO_MAX}）")
    seen: set[str] = set()
    for member in members:
        _refuse_name(member)
        if member.filename in seen:
            raise ContainerUnreadable("同名条目出现两次", "/" + member.filename)
        seen.add(member.filename)
        if member.flag_bits & _ENCRYPTED:
            raise ContainerUnreadable("条目被加密", "/" + member.filename)
        if member.compress_type not in _METHODS:
            raise ContainerUnreadable("条目的压缩方法不受支持（只读存储和 deflate）", "/" + member.filename)


def _refuse_name(member: zipfile.ZipInfo) -> None:
    # orig_filename still holds what zipfile cuts off at a NUL.
    name = member.orig_filename
    if not name or any(ord(character) < 32 or character in '\\:\x7f' for character in name):
        raise ContainerUnreadable("条目名含有不允许的字符", "/" + name)
    segments = name.removesuffix("/").split("/")
    if any(segment in ("", ".", "..") for segment in segments):
        raise ContainerUnreadable("条目名不是包内的相对路径", "/" + name)


def _read(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> Entry:
    path = "/" + member.filename
    try:
        with archive.open(member) as stream:
            content = stream.read(member.file_size + 1)
    except Exception as error:
        raise ContainerUnreadable(f"条目无法解出：{error}", path) from error
    if len(content) != member.file_size:
        raise ContainerUnreadable("条目的长度与目录不符", path)
    return Entry(path, content)
