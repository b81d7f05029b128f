"""The one form of what no seal covers: Signatures.xml, the order of the entries, the zip bytes. Made again, compared."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence

from piaoju.standard.face import sealing
from piaoju.standard.face.outputs import package as container_writer
from piaoju.standard.verdict.container import Entry
from piaoju.standard.verdict.package import Package
from piaoju.standard.verdict.report import Findings
from piaoju.standard.verdict.seals import SealVerdict

FORM = "容器规范形式"
LISTING = "签名清单规范形式"
ORDER = "条目次序"
_LOCAL_HEADER_BYTES = 30
_DIRECTORY = "（zip 目录）"


def examine_listing(package: Package, seals: Sequence[SealVerdict], findings: Findings) -> None:
    """Signatures.xml follows from the number of seals alone."""
    path = package.signatures_path() or "/" + sealing.SIGNATURES
    same = package.parts.get(path) == sealing.signatures_xml(len(seals)).encode()
    findings.judge(LISTING, [] if same else ["不是由印章个数决定的唯一写法，可能被改动"], path)


def examine_order(entries: Sequence[Entry], seals: Sequence[SealVerdict], findings: Findings) -> None:
    """The entries stand as the last seal lists them, then its own two files, then Signatures.xml."""
    if not seals:
        return
    last = seals[-1]
    order = [*last.references, last.listed.path, last.signed_value_path, "/" + sealing.SIGNATURES]
    found = [entry.path for entry in entries]
    wrong = next((path for path, right in zip(found, order, strict=False) if path != right), "")
    problems = [] if found == order else ["条目与最后一枚印章所列的次序不同：有调换、增加或删除"]
    findings.judge(ORDER, problems, wrong or (found[-1] if problems and found else ""))


def examine_container(content: bytes, entries: Sequence[Entry], findings: Findings) -> None:
    """Pack the entries again; every byte of the file must come out the same."""
    rebuilt = container_writer.pack_contents([(entry.path[1:], entry.content) for entry in entries])
    if rebuilt == content:
        findings.ok(FORM, f"{len(content)} 字节，重新打包逐字节相同")
        return
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        members = archive.infolist()
    repacked = container_writer.pack([_as_received(content, member) for member in members])
    part = _place_of_difference(content, rebuilt, members)
    if repacked == content:
        # Another zlib may choose other codes for the same content; so may someone who hides bits in them.
        findings.unknown(FORM, "压缩数据与本机重新压缩的不同：内容已由签章证明，压缩方式未能证明", part)
    else:
        findings.bad(FORM, "容器不是规范形式：有多余、缺失、调换或被改动的字节", part)


def _as_received(content: bytes, member: zipfile.ZipInfo) -> container_writer.Part:
    name_bytes = len(member.orig_filename.encode())
    start = member.header_offset + _LOCAL_HEADER_BYTES + name_bytes
    deflated = content[start : start + member.compress_size]
    return container_writer.Part(member.orig_filename, member.file_size, member.CRC, deflated)


def _place_of_difference(content: bytes, rebuilt: bytes, members: Sequence[zipfile.ZipInfo]) -> str:
    """The entry in which the first difference lies, or the directory at the end."""
    shorter = min(len(content), len(rebuilt))
    at = next((index for index in range(shorter) if content[index] != rebuilt[index]), shorter)
    for member in members:
        end = member.header_offset + _LOCAL_HEADER_BYTES + len(member.orig_filename.encode()) + member.compress_size
        if at < end:
            return "/" + member.filename
    return _DIRECTORY
