"""Untrusted XML, read without harm: nothing expanded, nothing fetched, no more than a bill can need."""

from __future__ import annotations

import re

from lxml import etree

from piaoju.kit import errors

# 5,000 auxiliary lines and a 2 MB body, with every character escaped, stay under this.
BYTES_MAX = 16 * 1024 * 1024


class BillXmlInvalid(errors.Refused):
    """The file is not a bill that this standard can read; `part` says where."""

    code = "bill_xml_invalid"
    label = "不是可识别的财政电子票据 XML"

    def __init__(self, detail: str, part: str = "") -> None:
        super().__init__(detail)
        self.part = part


def parse(content: bytes) -> etree._Element:
    """The root of a document in UTF-8 that holds elements and text only."""
    if len(content) > BYTES_MAX:
        raise BillXmlInvalid("文件超过 16 MB：财政电子票据 XML 不会这么大，请核对文件。")
    prolog = _PROLOG.match(content)
    if b"<!" in content or content.count(b"<?") != (1 if prolog else 0) or b"\0" in content:
        raise BillXmlInvalid(
            "文件含有 DTD、实体、注释、CDATA 或非 UTF-8 声明，出于安全不予读取：请重新取得原件。"
        )
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, dtd_validation=False, huge_tree=False
    )
    try:
        content.decode("utf-8")
        return etree.fromstring(content, parser)
    except UnicodeDecodeError as fault:
        raise BillXmlInvalid("文件不是 UTF-8 编码：请重新取得原件。") from fault
    except etree.XMLSyntaxError as fault:
        raise BillXmlInvalid(f"XML 不完整或有语法错误（第 {fault.lineno} 行）：请重新取得原件。") from fault


def no_stray(parent: etree._Element, path: str) -> None:
    """Refuse attributes, and text between the children, of an element that we know."""
    texts = [parent.text, *[child.tail for child in parent]]
    if parent.attrib or any(text and text.strip() for text in texts):
        raise BillXmlInvalid("元素带有规范以外的属性或文字：请重新取得原件。", path)


def leaf_text(element: etree._Element) -> str:
    """The text of an element that may hold nothing else."""
    if len(element) or element.attrib:
        raise BillXmlInvalid(f"元素 {element.tag} 应只有文字：请重新取得原件。", str(element.tag))
    return element.text or ""


_PROLOG = re.compile(rb'<\?xml version="1\.0" encoding="(?:UTF-8|utf-8)"(?: standalone="(?:yes|no)")?\?>')
