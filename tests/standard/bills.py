"""Bills to test with: the published golden vector, and one built here of each bill type."""

from __future__ import annotations

from datetime import date, time

from piaoju.standard.bill import AuxLine, Bill, Line, Payer, SealReference, UnitParty
from piaoju.standard.bill_types import BILL_TYPES, bill_type
from piaoju.standard.profile import SICHUAN_2026_1

# 签名原文 of a Sichuan 非税收入统一票据: 1,647 bytes, with this SM3.
GOLDEN_SM3 = "902c6d8af52d52559322b15d42b9ba7ce2e898d367ffe2d744a022feb94bce4d"
GOLDEN = (
    "<Header><EInvoiceTag>CZ-EI-51</EInvoiceTag><EInvoiceID>5432100000-62101015</EInvoiceID><Version>1.1.0</Version></Header>"
    "<EInvoiceData><Main><EInvoiceName>四川省非税收入统一票据（电子）</EInvoiceName><EInvoiceCode>51010126</EInvoiceCode><EInvoiceNumber>0000012345</EInvoiceNumber><RandomNumber>7k2p9x</RandomNumber>"
    "<EInvoiceSpecimenCode>5101012601</EInvoiceSpecimenCode><SupervisorAreaCode>510000</SupervisorAreaCode>"
    "<TotalAmount>80.00</TotalAmount><IssueDate>20260105</IssueDate><IssueTime>09:52:31</IssueTime>"
    "<InvoicingParty><InvoicingPartyCode>11510000008282000L</InvoicingPartyCode><InvoicingPartyName>示例单位</InvoicingPartyName>"
    "<RecName/><RecAcct/><RecOpBk/></InvoicingParty>"
    "<PayerParty><PayerPartyType>1</PayerPartyType><PayerPartyCode/><PayerPartyName>示例交款人</PayerPartyName>"
    "<PayerAcct/><PayerOpBk/></PayerParty>"
    "<PayMode>4</PayMode><BizCode>B20260105000001</BizCode>"
    "<CurrencyType/><ExchangeRate/><Remark/><HandlingPerson>甲</HandlingPerson><Checker>乙</Checker><SupervisorRemark/>"
    "<MainExt><RelatedInvoiceCode/><RelatedInvoiceNumber/><PayCode>51000026300000000001</PayCode></MainExt>"
    "<InvoicingPartySeal><SealId>S1</SealId><SealName>示例单位财务专用章</SealName><SealHash/></InvoicingPartySeal>"
    "<SupervisorPartySeal><SealId>S2</SealId><SealName>财政票据监制章</SealName><SealHash/></SupervisorPartySeal>"
    "</Main>"
    "<Details><Item><ItemCode>103043211</ItemCode><ItemName>不动产登记费</ItemName><ItemQuantity>1</ItemQuantity><ItemUnit>次</ItemUnit><ItemStd>80.00</ItemStd><ItemAmount>80.00</ItemAmount>"
    "<ItemRemark/><ItemExt><ItemDetailName/></ItemExt></Item></Details>"
    "<AuxDetails/></EInvoiceData>"
).encode()


def golden_bill() -> Bill:
    """The bill that the golden vector spells."""
    unified = bill_type("0101")
    assert unified
    return Bill(
        bill_tag="CZ-EI-51",
        bill_name=unified.bill_name(SICHUAN_2026_1),
        bill_code="51010126",
        bill_number=12345,
        check_code="7k2p9x",
        specimen_code="5101012601",
        supervisor_area_code="510000",
        total_fen=8000,
        issue_date=date(2026, 1, 5),
        issue_time=time(9, 52, 31),
        unit=UnitParty("11510000008282000L", "示例单位"),
        payer=Payer("person", "示例交款人"),
        pay_mode="4",
        business_number="B20260105000001",
        handler="甲",
        checker="乙",
        extension=unified.main_ext({}, payment_code="51000026300000000001"),
        unit_seal=SealReference("S1", "示例单位财务专用章"),
        supervision_seal=SealReference("S2", "财政票据监制章"),
        lines=(Line("103043211", "不动产登记费", 8000, 10000, "次", 800000),),
    )


def bill_of(code: str, **changes: object) -> Bill:
    """A bill of a type with every field of its own filled, list lines included."""
    found = next(one for one in BILL_TYPES if one.code == code)
    texts = {"text": "文字&<>", "date": "2026-01-05", "amount": "12.30", "integer": "3"}
    values: dict[str, object] = {
        "bill_tag": "CZ-EI-YP",
        "bill_name": found.bill_name(SICHUAN_2026_1),
        "bill_code": f"51{code}26",
        "bill_number": 7,
        "check_code": "abc123",
        "specimen_code": f"51{code}2601",
        "supervisor_area_code": "510100",
        "total_fen": 12345,
        "issue_date": date(2026, 12, 31),
        "issue_time": time(23, 59, 59),
        "unit": UnitParty("12510000450717133L", "四川省人民医院", "收款人", "5100 0001", "工商银行"),
        "payer": Payer("organization", "欧阳䶮𠮷", "91510100MA6XXXXX0X", "622200", "建设银行"),
        "handler": "张三",
        "checker": "李四",
        "remark": "备注 & <说明>",
        "extension": found.main_ext({own.name: texts[own.kind] for own in found.extension}),
        "unit_seal": SealReference("U1", "单位章", "ab" * 32),
        "supervision_seal": SealReference("F1", "监制章", "cd" * 32),
        "lines": (
            Line("001", "诊察费", 10000, 15000, "次", 666667, "说明", "明细"),
            Line("002", "西药费", 2345),
        ),
        "aux_lines": (
            AuxLine("阿莫西林胶囊", -12345, "002", "西药费", "XC01", 30000, "盒", 41150, "甲类"),
            AuxLine("折扣", 0),
        ),
    }
    return Bill(**(values | changes))
