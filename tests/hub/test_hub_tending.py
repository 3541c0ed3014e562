"""What a hub that serves for long does now and then: the log's next partitions, and a sweep."""

from __future__ import annotations

from datetime import timedelta

import pytest

from hub.office_hub import NOON, TOWN, HubBench


@pytest.mark.parametrize("place", ["postgres"], indirect=True)
def test_each_month_of_the_log_has_a_partition_also_long_after_the_beginning(bench: HubBench) -> None:
    laptop = bench.laptop()
    later = NOON + timedelta(days=100)
    bench.hub.tend(later)
    bench.clock.now = later
    laptop.enter("officer")
    assert laptop.push().accepted == 1
    bench.hub.tend(later)  # again: it is there
    with bench.hub.database.reading() as connection:
        query = "SELECT tableoid::regclass::text FROM hub_log WHERE area = %s ORDER BY first DESC LIMIT 1"
        assert connection.exec_driver_sql(query, (TOWN,)).scalar() == f"hub_log_{later:%Y_%m}"
    bench.check()


def test_uploads_that_nobody_goes_on_with_are_dropped(bench: HubBench) -> None:
    bench.hub.blobs.put_part("ab" * 32, 0, b"x", 2)
    bench.hub.tend(NOON + timedelta(days=10_000))
    assert bench.hub.blobs.offset("ab" * 32) == 0
