"""Foreign keys point down only: so a room can be partitioned, moved or archived. A key written as text is seen too."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db import connection, models

from tests.architecture.source import has_chinese

# Ledger and identity name regions and units by their natural key, so nothing of theirs points anywhere.
FLOOR = {
    "ledger": 1, "identity": 1,
    "registry": 2, "seal": 2,
    "stock": 3, "issuing": 3, "payments": 3, "verification": 3, "reimbursement": 3, "supervision": 3,
    "reporting": 4,
}  # fmt: skip
OWN = [model for model in apps.get_models() if model.__module__.startswith("piaoju.")]
FRAMEWORK = {"auth", "contenttypes"}  # the operator's account is a Django account


def keys(found: Iterable[type[models.Model]]) -> Iterator[tuple[str, str, str]]:
    """(room, key, room pointed at) of every relation, also of the hidden tables of many-to-many fields."""
    for model in found:
        for field in [*model._meta.local_fields, *model._meta.local_many_to_many]:
            if field.remote_field is not None:
                target = field.remote_field.model
                room = target._meta.app_label if not isinstance(target, str) else target.split(".")[0]
                yield model._meta.app_label, f"{model.__name__}.{field.name}", room


def wrong_keys(found: Iterable[tuple[str, str, str]]) -> list[str]:
    return [
        f"{room}.{name} -> {target}"
        for room, name, target in found
        if target != room and target not in FRAMEWORK and FLOOR.get(target, 9) >= FLOOR[room]
    ]


def test_foreign_keys_point_down() -> None:
    assert len(OWN) > 20
    assert wrong_keys(keys(OWN)) == []


@pytest.mark.parametrize(
    ("room", "target"),
    [("ledger", "registry"), ("stock", "issuing"), ("registry", "stock"), ("identity", "ledger"), ("seal", "registry")],
)
def test_a_key_that_points_up_or_sideways_is_seen(room: str, target: str) -> None:
    class Planted(models.Model):
        elsewhere = models.ForeignKey(f"{target}.Thing", models.PROTECT)

        class Meta:
            app_label = room

    try:
        assert wrong_keys(keys([Planted])) == [f"{room}.Planted.elsewhere -> {target}"]
    finally:
        del apps.all_models[room]["planted"]
        apps.clear_cache()


@pytest.mark.django_db
def test_the_database_knows_no_key_between_rooms_that_the_models_do_not() -> None:
    """Tables made by SQL are checked where they are: in the database's own catalogue."""
    with connection.cursor() as cursor:
        cursor.execute("""
            SELECT DISTINCT c.conrelid::regclass::text, c.conname, c.confrelid::regclass::text
            FROM pg_constraint c JOIN pg_class t ON t.oid = c.conrelid WHERE c.contype = 'f' AND c.conparentid = 0
        """)
        found = [(table.split("_")[0], name, target.split("_")[0]) for table, name, target in cursor.fetchall()]
    assert any(room == "registry" for room, _, _ in found)
    assert wrong_keys(key for key in found if key[0] in FLOOR) == []


def unlabelled(found: Iterable[type[models.Model]]) -> list[str]:
    """Models and fields without a Chinese name for people to read."""
    wrong = [model.__name__ for model in found if not has_chinese(str(model._meta.verbose_name))]
    for model in found:
        for field in model._meta.local_fields:
            name = f"{model.__name__}.{field.name}"
            own = not isinstance(field, models.CompositePrimaryKey) and field.name != "id"
            if own and name not in NOT_OURS_TO_NAME | NEVER_SHOWN and not has_chinese(str(field.verbose_name)):
                wrong.append(name)
    return wrong


NOT_OURS_TO_NAME = {"Operator.password", "Operator.last_login"}  # Django's own; it brings its own translations
NEVER_SHOWN = {"Revision.number"}


def test_every_model_and_field_has_a_chinese_label() -> None:
    assert unlabelled(OWN) == []


def test_a_model_without_a_label_is_seen() -> None:
    class Unlabelled(models.Model):
        remark = models.TextField()

        class Meta:
            app_label = "stock"

    try:
        assert unlabelled([Unlabelled]) == ["Unlabelled", "Unlabelled.remark"]
    finally:
        del apps.all_models["stock"]["unlabelled"]
        apps.clear_cache()


def columns_of(table: str) -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT attname FROM pg_attribute WHERE attrelid = to_regclass(%s) AND attnum > 0 AND NOT attisdropped",
            [table],
        )
        return {name for (name,) in cursor.fetchall()}


def astray(found: Iterable[type[models.Model]]) -> list[str]:
    """Columns that a model names and its table does not have, or the other way round."""
    wrong = []
    for model in found:
        named = {field.column for field in model._meta.local_concrete_fields}
        wrong += [f"{model._meta.db_table}.{column}" for column in sorted(named ^ columns_of(model._meta.db_table))]
    return wrong


@pytest.mark.django_db
def test_models_and_tables_have_the_same_columns() -> None:
    """Grown tables are made by SQL and read by models; neither may know a column that the other does not."""
    assert astray(OWN) == []
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE stock_segment ADD COLUMN planted int")
    assert astray(OWN) == ["stock_segment.planted"]


@pytest.mark.django_db
def test_the_migrations_are_the_models() -> None:
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)
    name = apps.get_model("registry", "UnitRecord")._meta.get_field("name")
    with pytest.MonkeyPatch.context() as planting:
        planting.setattr(name, "max_length", 7)
        with pytest.raises(SystemExit):
            call_command("makemigrations", check=True, dry_run=True, verbosity=0)
