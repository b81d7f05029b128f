"""上线率: units count where their record of the day says, every level adds up to the one above, and the past stays as it was."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from piaoju.identity.types import OperatorActor, Role
from piaoju.journeys import import_units, see_coverage
from piaoju.journeys.see_coverage import RegionShare, Share
from piaoju.kit.clock import local_date
from piaoju.kit.errors import NotFound
from piaoju.kit.listing import Asked, Condition
from piaoju.registry import queries
from piaoju.registry.types import Sight
from tests import offices
from tests.journeys import registry_office as county
from tests.journeys.registry_office import CITY, COUNTY, OTHER_CITY, PROVINCE, uscc
from tests.offices import HOSPITAL, Installed

TODAY = local_date(datetime.now(UTC))


@pytest.fixture(scope="module")
def registered(module_database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installed]:
    """The province's hospital is online; three schools of a county are on their way, one of them arrived."""
    folder: Path = tmp_path_factory.mktemp("office")
    with offices.found(module_database, folder, departments=county.DEPARTMENTS) as installed:
        number = county.check(installed, county.workbook([county.row(1), county.row(2), county.row(3)]))
        import_units.apply(installed.office, county.county(installed), number, skip_errors=False)
        installed.run(
            "UPDATE registry_onboardingstep SET state = 'done', done_at = now() - interval '40 days' "
            "WHERE unit_id = (SELECT id FROM registry_unit WHERE code = %s)",
            uscc(1),
        )
        installed.run("UPDATE registry_unit SET valid_from = %s WHERE code <> %s", TODAY - timedelta(days=60), HOSPITAL)
        installed.run(
            "UPDATE registry_unitrecord SET valid_from = %s WHERE region_id = %s", TODAY - timedelta(days=60), COUNTY
        )
        yield installed


def supervisor(installed: Installed, region_code: str = PROVINCE) -> OperatorActor:
    return installed.operator(Role.SUPERVISOR, region_code=region_code)


def all_of(region: RegionShare) -> Iterator[RegionShare]:
    yield region
    for part in region.below:
        yield from all_of(part)


def test_every_region_is_its_own_units_and_what_lies_below(registered: Installed) -> None:
    found = see_coverage.seen(registered.office, supervisor(registered))
    assert found.here.share == Share(4, 2)
    assert len(found.here.below) == 21 and sum(len(city.below) for city in found.here.below) == 183
    for region in all_of(found.here):
        parts = [region.own, *(part.share for part in region.below)]
        assert region.share == Share(sum(one.units for one in parts), sum(one.online for one in parts))
    for shares in (found.industries, found.modes):
        assert Share(sum(one.units for one in shares.values()), sum(one.online for one in shares.values())) == found.here.share


def test_the_list_of_who_is_missing_holds_as_many_as_the_share_says(registered: Installed) -> None:
    everything = Sight(everything=True)
    for code in (PROVINCE, CITY, COUNTY, OTHER_CITY):
        share = see_coverage.seen(registered.office, supervisor(registered), code).here.share
        asked = Asked((Condition("region_code", "under", (code,)),))
        assert queries.units_page(everything, asked, TODAY, under_way=True).whole.count == share.units - share.online, code


def test_the_past_is_told_as_it_was(registered: Installed) -> None:
    actor = supervisor(registered)

    def share(days: int) -> Share:
        return see_coverage.seen(registered.office, actor, COUNTY, TODAY - timedelta(days=days)).here.share

    assert [share(days) for days in (0, 39, 41, 61)] == [Share(3, 1), Share(3, 1), Share(3, 0), Share(0, 0)]
    over_time = see_coverage.seen(registered.office, actor, COUNTY).over_time
    assert over_time[-1].day == TODAY and (over_time[-1].units, over_time[-1].online) == (3, 1)
    assert over_time[0].units == 0 and len(over_time) == see_coverage.MONTHS_SHOWN


def test_who_sees_a_part_sees_that_part_only(registered: Installed) -> None:
    below = supervisor(registered, COUNTY)
    assert see_coverage.seen(registered.office, below).here.share == Share(3, 1)
    for foreign in (CITY, OTHER_CITY, PROVINCE, "599999"):
        with pytest.raises(NotFound):
            see_coverage.seen(registered.office, below, foreign)
    keeper = registered.operator(Role.UNIT_KEEPER, unit_code=uscc(2))
    assert see_coverage.seen(registered.office, keeper, CITY).here.share == Share(1, 0)
    with pytest.raises(NotFound):
        see_coverage.seen(registered.office, keeper, OTHER_CITY)


def test_a_county_that_moves_takes_its_units_along_from_that_day(registered: Installed) -> None:
    tomorrow = TODAY + timedelta(days=1)
    registered.run(
        "UPDATE registry_regionparent SET valid_to = %s WHERE region_id = %s AND valid_to IS NULL", tomorrow, COUNTY
    )
    registered.run(
        "INSERT INTO registry_regionparent (region_id, parent_id, basis_document, valid_from) VALUES (%s, %s, '', %s)",
        COUNTY, OTHER_CITY, tomorrow,
    )  # fmt: skip
    later = registered.with_clock(lambda: datetime.now(UTC) + timedelta(days=2))
    actor = supervisor(registered)
    units = [see_coverage.seen(office, actor, code).here.share.units for office in (registered.office, later.office)
             for code in (CITY, OTHER_CITY, PROVINCE)]  # fmt: skip
    assert units == [3, 0, 4, 0, 3, 4]
