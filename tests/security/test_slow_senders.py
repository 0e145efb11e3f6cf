"""A phone on a bad network, or somebody who sends slowly on purpose, does not keep the others waiting."""

import socket
import threading
import urllib.request
from contextlib import ExitStack
from dataclasses import replace

import numpy as np
import shapely

from reports.geography.area_index import AreaIndex, AreaRow
from tests.reliability.running_site import running_site

PORT = 18470
HALF = (
    b"POST /api/v1/reports/ HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{",
    b"PUT /api/v1/reports/00000000-0000-4000-8000-000000000000/photos/1 HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 9000000\r\n\r\n\xff\xd8",
    b"GET / HTTP/1.1\r\nHost: 127.0",
)


def test_the_site_answers_while_others_send_slowly():
    with running_site(PORT) as site, ExitStack() as opened:
        for number in range(6):  # fewer than the threads of one process, for the kernel may give it all of them
            sender = opened.enter_context(socket.create_connection(("127.0.0.1", PORT)))
            sender.sendall(HALF[number % len(HALF)])
        for _ in range(5):
            assert urllib.request.urlopen(f"{site.url}/livez", timeout=20).status == 200


def test_threads_may_ask_for_areas_at_once():
    """Without the lock this ends the process (double free in the prepared polygons)."""
    rng = np.random.default_rng(1)
    turn = np.linspace(0, 2 * np.pi, 3000, endpoint=False)
    rows = []
    for number in range(36):
        away = 0.004 + 0.0005 * rng.random(turn.size)
        ring = np.column_stack([108 + number % 6 * 0.01 + away * np.cos(turn), 16 + number // 6 * 0.01 + away * np.sin(turn)])
        rows.append(AreaRow(number + 1, f"A{number}", "ward", f"A{number}", "", "", unit=True, approximate=False, polygon=shapely.Polygon(ring)))
    lon, lat = 108 + 0.06 * rng.random(1000), 16 + 0.06 * rng.random(1000)
    projection = "EPSG:32649"
    alone = AreaIndex(rows, projection, 500).locate(lon, lat).area_id
    fresh = [replace(row, polygon=shapely.from_wkb(shapely.to_wkb(row.polygon))) for row in rows]  # not asked before
    together = AreaIndex(fresh, projection, 500)
    wrong: list[int] = []

    def ask(offset: int) -> None:
        for at in range(offset, lon.size, 100):
            if not np.array_equal(together.locate(lon[at : at + 20], lat[at : at + 20]).area_id, alone[at : at + 20]):
                wrong.append(at)

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
