"""One word for one thing: the ban list, the labels, the sizes. docs/glossary.md is the only source of names."""

from __future__ import annotations

import ast
import enum
import importlib
import pkgutil
from collections.abc import Iterator

import pytest
from django.db import models

import piaoju
from piaoju.kit.errors import PiaojuError
from tests.architecture.source import definitions, has_chinese, modules, words

# Words that mean something else here, or nothing. A tax invoice is another thing than a bill.
BANNED = {"invoice": "bill", "fapiao": "bill", "ticket": "bill", "cancel": "reverse / void", "cancelled": "reversed / voided"}
EMPTY = frozenset({
    "process", "handle", "manager", "do", "data", "info", "util", "utils", "common", "base", "helper", "helpers",
})  # fmt: skip
# Where the wire's or another standard's own words are spelled.
WIRE = ("piaoju/standard/wire/", "piaoju/exchange/vendors/")
NAMES_OF_STANDARDS = {
    "SignedData": "GB/T 35275", "_SignedData": "GB/T 35275", "SignedDataUnreadable": "GB/T 35275",
    "signed_data": "GB/T 35275, the module", "_ContentInfo": "GB/T 35275", "_SignerInfo": "GB/T 35275",
    "SealInfo": "GB/T 38540 (SES_ESPropertyInfo)", "SealInfoFields": "GB/T 38540", "build_seal_info": "GB/T 38540",
    "_PrivateKeyInfo": "PKCS#8", "_common_name": "X.509 commonName", "_public_handle": "libcrypto's handle of a key",
    "in_process": "an operating system's process", "_info": "the PDF's Info dictionary",
    "data": "the data folder",
    "do_OPTIONS": "http.server's name of a method", "do_GET": "http.server", "do_POST": "http.server",
}  # fmt: skip
AMOUNTS_OF_THE_CONTRACT = {
    "piaoju/standard/request_body.py": "the API's own field, a text in yuan",
    "piaoju/public/api.py": "the API's own field, a text in yuan",
}


def variables(tree: ast.Module) -> Iterator[str]:
    """Every name a module binds: variables, arguments, attributes of classes."""
    for node in ast.walk(tree):
        if isinstance(node, ast.arg):
            yield node.arg
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            yield node.attr


def banned_names(path: str, tree: ast.Module) -> list[str]:
    """Names of a module that the glossary does not know or the house does not want."""
    if path.startswith(WIRE):
        return []
    found = []
    defined = [node.name for node in definitions(tree)] + [part.removesuffix(".py") for part in path.split("/")[1:]]
    for name in defined:
        wanting = EMPTY & set(words(name)) if name not in NAMES_OF_STANDARDS else frozenset()
        found += [f"{path}: {name} says nothing with “{word}”" for word in sorted(wanting)]
    for name in [*defined, *variables(tree)]:
        spoken = words(name)
        found += [f"{path}: {name}: say {BANNED[word]}" for word in spoken if word in BANNED]
        if "receipt" in spoken and spoken[-1] in {"no", "number", "code"}:
            found.append(f"{path}: {name}: a receipt is 到账 only; say bill_number")
    for name in variables(tree):
        if name.strip("_") == "amount" and path not in AMOUNTS_OF_THE_CONTRACT:
            found.append(f"{path}: {name}: in which unit? say amount_fen")
    return found


def all_modules() -> Iterator[str]:
    for module in pkgutil.walk_packages(piaoju.__path__, "piaoju."):
        if ".migrations" not in module.name and not module.name.endswith("__main__"):
            yield module.name


def classes() -> Iterator[type]:
    """Every class of the house, each once."""
    for name in all_modules():
        if name in {"piaoju.sites.asgi", "piaoju.ops.serving"}:  # these open their doors when imported
            continue
        module = importlib.import_module(name)
        for value in vars(module).values():
            if isinstance(value, type) and value.__module__ == name:
                yield value


def test_every_name_is_the_glossarys() -> None:
    assert [fault for path, tree in modules().items() for fault in banned_names(path, tree)] == []


@pytest.mark.parametrize(
    "source",
    [
        "def cancel_bill(): ...",
        "class InvoiceRow: ...",
        "def take(ticket_number): ...",
        "fapiao = 1",
        "receipt_no = 1",
        "amount = 1",
        "def sum_of(amount: int): ...",
        "def handle_order(): ...",
        "class BillManager: ...",
        "def do_issue(): ...",
        "async def get_data(): ...",
        "class Common:\n    def f(self): self.invoice = 1",
    ],
)
def test_a_name_that_is_not_the_glossarys_is_seen(source: str) -> None:
    assert banned_names("piaoju/issuing/planted.py", ast.parse(source)) != []


def test_a_module_named_helpers_is_seen() -> None:
    assert banned_names("piaoju/issuing/helpers.py", ast.parse("")) != []


def test_every_excepted_name_is_in_use() -> None:
    known = {node.name for tree in modules().values() for node in definitions(tree)}
    known |= {part.removesuffix(".py") for path in modules() for part in path.split("/")}
    assert set(NAMES_OF_STANDARDS) - known == set()
    assert set(AMOUNTS_OF_THE_CONTRACT) - set(modules()) == set()


def unlabelled_choices(kinds: list[type]) -> list[str]:
    return [
        f"{kind.__name__}.{member.name}"
        for kind in kinds
        if issubclass(kind, models.Choices) and len(kind)
        for member in kind
        if not has_chinese(str(member.label))
    ]


def unlabelled_errors(kinds: list[type]) -> list[str]:
    """Errors without a 中文 label of their own, and errors without a snake_case code of their own."""
    return [
        kind.__name__
        for kind in kinds
        if issubclass(kind, PiaojuError)
        and not (has_chinese(vars(kind).get("label", "")) and vars(kind).get("code", "").replace("_", "a").islower())
    ]


def test_every_error_has_its_code_and_a_chinese_label() -> None:
    kinds = list(classes())
    assert sum(issubclass(kind, PiaojuError) for kind in kinds) > 25
    assert unlabelled_errors(kinds) == []


def test_an_error_without_a_label_is_seen() -> None:
    class Planted(PiaojuError):
        code = "planted"

    class Shouting(PiaojuError):
        code, label = "Not-Snake", "有标签"

    assert unlabelled_errors([Planted, Shouting]) == ["Planted", "Shouting"]


def test_every_member_of_an_enumeration_has_a_chinese_label() -> None:
    kinds = list(classes())
    assert any(issubclass(kind, models.Choices) for kind in kinds)
    assert unlabelled_choices(kinds) == []


def test_a_member_without_a_label_is_seen() -> None:
    class Planted(models.TextChoices):
        RED = "red", "red bill"

    assert unlabelled_choices([Planted]) == ["Planted.RED"]


def test_enumerations_that_people_read_carry_labels() -> None:
    """Choices and enumerations with a `label` are for people; a plain one is for machines and is listed here."""
    plain = {
        f"{kind.__module__}.{kind.__name__}"
        for kind in classes()
        if issubclass(kind, enum.Enum) and not issubclass(kind, models.Choices) and len(kind) and not _labelled(kind)
    }
    assert plain == set(MACHINE_ENUMERATIONS)


def _labelled(kind: type[enum.Enum]) -> bool:
    return all(has_chinese(str(getattr(member, "label", "")) + str(member.value)) for member in kind)


MACHINE_ENUMERATIONS = {
    "piaoju.ledger.rules.Scope": "a rollup's key",
    "piaoju.ledger.rules.Grain": "a rollup's key",
    "piaoju.verification.rules.Scope": "a limit's key",
    "piaoju.verification.types.Kind": "an answer's value; answers.py says it in Chinese",
    "piaoju.verification.types.State": "an answer's value; answers.py says it in Chinese",
    "piaoju.seal.types.HolderKind": "a value across the door; the labels are at Certificate.Kind",
    "piaoju.seal.types.SealKind": "a value across the door; the labels are at Seal.Kind",
    "piaoju.ops.commands.batch.Mode": "an option of a command; the labels are at BatchMode",
    "piaoju.ops.commands.serve.Site": "an option of a command; its help says it in Chinese",
    "piaoju.ops.commands.suspend.Scope": "an option of a command; the labels are at SuspensionScope",
}
