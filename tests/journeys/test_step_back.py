"""A batch steps back while single bills are issued and the machine is crowded, and at no other time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import psycopg
import pytest

from piaoju.journeys import step_back
from piaoju.journeys.group_writer import _PATIENCE

Chunk = Callable[[psycopg.Connection[Any], float, float], None]


@pytest.fixture
def rests() -> list[float]:
    """How long was rested."""
    return []


@pytest.fixture
def a_chunk(rests: list[float], monkeypatch: pytest.MonkeyPatch) -> Chunk:
    """A chunk that took so long on the clock, and had a processor for so long, in seconds."""

    def done(connection: psycopg.Connection[Any], took: float, ran: float) -> None:
        clock, processor = iter((100.0, 100.0 + took)), iter((7.0, 7.0 + ran))
        told = SimpleNamespace(
            perf_counter=lambda: next(clock), thread_time=lambda: next(processor), sleep=rests.append
        )
        monkeypatch.setattr("piaoju.journeys.step_back.time", told)
        with step_back.after(connection):
            pass

    return done


@pytest.fixture
def desk(database: str) -> Iterator[None]:
    """Somebody has issued a single bill just now."""
    with psycopg.connect(database, autocommit=True, **_PATIENCE) as connection, connection.transaction():
        connection.execute("SELECT pg_advisory_xact_lock(1)")
        yield


@pytest.fixture
def lane(database: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[psycopg.Connection[Any]]:
    monkeypatch.setattr(step_back, "_LATELY", "60 s")
    with psycopg.connect(database, autocommit=True) as connection:
        yield connection


def test_a_crowded_chunk_rests_while_single_bills_are_issued(
    desk: None, lane: psycopg.Connection[Any], rests: list[float], a_chunk: Chunk
) -> None:
    a_chunk(lane, 0.5, 0.2)
    assert rests == [pytest.approx(2.0)]
    a_chunk(lane, 30.0, 2.0)
    assert rests[1:] == [step_back._RESTS_SECONDS_MAX]


def test_a_chunk_that_had_its_processor_goes_on_at_once(
    desk: None, lane: psycopg.Connection[Any], rests: list[float], a_chunk: Chunk
) -> None:
    a_chunk(lane, 0.5, 0.4)
    assert rests == []


def test_nobody_at_the_desk_is_nobody_to_step_back_for(
    lane: psycopg.Connection[Any], rests: list[float], a_chunk: Chunk
) -> None:
    a_chunk(lane, 0.5, 0.1)
    assert rests == []


def test_a_lane_that_lost_its_connection_does_not_ask(
    lane: psycopg.Connection[Any], rests: list[float], a_chunk: Chunk
) -> None:
    lane.close()
    a_chunk(lane, 0.5, 0.1)
    assert rests == []
