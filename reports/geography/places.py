"""Places in words and in search: “near the market, barrio Centro”, and from what somebody types to a point."""

from dataclasses import dataclass
from datetime import date
from difflib import SequenceMatcher

import numpy as np
import shapely
from django.contrib.gis.geos import Point
from django.contrib.postgres.search import TrigramWordSimilarity
from django.db.models import Case, FloatField, QuerySet, Value, When
from django.db.models.functions import Least, StrIndex
from django.utils.formats import number_format
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from citylab.cities.pack import city_pack
from reports.geography.area_index import AreaRow, areas_index
from reports.geography.kept_tables import KeptTable
from reports.geography.place_names import area_label, first_capital, inside_sentence
from reports.geography.search_text import plain
from reports.models import Area, Place

# How far from a place people still say “near it”, in metres: large known things reach farther than a shop. By
# OpenStreetMap's words; the city pack may say otherwise or name its own kinds.
REACH_M = {
    "beach": 600, "market": 500, "port": 600, "bridge": 400, "park": 400, "stadium": 400, "university": 400, "hospital": 400,
    "bus-station": 400, "station": 400, "theme-park": 500, "museum": 300, "school": 300, "worship": 250, "attraction": 250,
    "supermarket": 250, "mall": 300, "department-store": 300, "fuel": 200, "viewpoint": 200, "hotel": 150, "pharmacy": 100,
}  # fmt: skip
ORDINARY_REACH_M = 100
MOST_WORDS = 8  # of what was typed are compared
SIMILAR_ENOUGH = 0.45  # one wrong letter in a word of eight leaves 0.5; unrelated names rarely pass 0.4


def place_in_words(point: Point | tuple[float, float]) -> str:
    """Where a point is, in the page's language, for people: nearest landmark and unit, or what is known of them."""
    lon, lat = point
    return places_in_words([lon], [lat])[0]


def places_in_words(lon: np.ndarray | list[float], lat: np.ndarray | list[float]) -> list[str]:
    """`place_in_words` for n points. lon, lat: (n,) degrees → n texts. Far outside the city the coordinates are told."""
    lon, lat = np.asarray(lon, float), np.asarray(lat, float)
    city, language = city_pack(), get_language() or city_pack().language
    index, landmarks = areas_index(), KEPT_PLACES.get()
    located = index.locate(lon, lat)
    names = landmarks.nearest(*index.metres(lon, lat))
    words = []
    for at, name in enumerate(names):
        area = index.rows.get(int(located.area_id[at]))
        place = name and inside_sentence(name, city.generic_words)
        words.append(
            first_capital(_in_words(place, area and area_label(area, language, city), located.outside_m[at] > 0, area))
        )
        if not (area or place):
            words[-1] = f"{number_format(lat[at], 5)}; {number_format(lon[at], 5)}"
    return words


def _in_words(place: str, area: str | None, outside: bool, row: AreaRow | None) -> str:
    if row and row.approximate:
        # Its border is a guess, so the unit is named as a neighbourhood, not as a fact.
        around = _("around %(area)s") % {"area": area}
        return _("near %(place)s, %(area)s") % {"place": place, "area": around} if place else around
    if area and place:
        return _("near %(place)s, %(area)s") % {"place": place, "area": area}
    if area:
        return _("just outside %(area)s") % {"area": area} if outside else area
    return _("near %(place)s") % {"place": place} if place else ""


class Landmarks:
    """Places in memory, to find what a point is near to. x, y: (n,) metres in the city's projection; reach: (n,) metres."""

    def __init__(self, names: list[str], x: np.ndarray, y: np.ndarray, reach: np.ndarray) -> None:
        self.names, self.reach = names, reach
        self.points = shapely.points(x, y)
        self.tree = shapely.STRtree(self.points)

    def nearest(self, x: np.ndarray, y: np.ndarray) -> list[str]:
        """For each of n points the place that is nearest in units of its own reach, or "" when none reaches it."""
        names = [""] * len(x)
        if not self.names:
            return names
        points = shapely.points(x, y)
        asked, place = self.tree.query(points, predicate="dwithin", distance=float(self.reach.max()))
        share = shapely.distance(points[asked], self.points[place]) / self.reach[place]
        for position in np.lexsort((place, share, asked))[::-1]:  # the best of each point is written last
            if share[position] <= 1:
                names[asked[position]] = self.names[place[position]]
        return names


def build_landmarks(today: date) -> Landmarks:
    rows = list(Place.objects.order_by("id").values_list("name", "kind", "location"))
    lon, lat = np.array([row[2].x for row in rows]), np.array([row[2].y for row in rows])
    x, y = areas_index().metres(lon, lat)
    reach_m = REACH_M | city_pack().place_reach_m
    reach = np.array([reach_m.get(row[1], ORDINARY_REACH_M) for row in rows], float)
    return Landmarks([row[0] for row in rows], x, y, reach)


KEPT_PLACES = KeptTable("reports_place", build_landmarks)


@dataclass(frozen=True)
class Found:
    """One answer of the search. label: what was found; detail: the unit it is in, or the former name that matched.

    guess: nothing is called so; this is a name like it.
    """

    kind: str
    id: int
    code: str
    label: str
    detail: str
    lon: float
    lat: float
    is_area: bool
    guess: bool = False

    @property
    def pick(self) -> str:
        """What a form sends when this one is chosen: `place:CODE` or `area:CODE`."""
        return f"{'area' if self.is_area else 'place'}:{self.code}"


def search_places(text: str, limit: int = 8) -> list[Found]:
    """Units and places whose names, former ones too, fit what was typed: with or without accents, in any order of words.

    The whole name comes first, then whole words, then beginnings of words; units before places of the same fit. Only when
    nothing fits, names that are similar: a slip or two is forgiven.
    """
    words = plain(text)
    if len(words) < 2:
        return []
    tables = (Area.objects.current(city_pack().calendar.today()), Place.objects.select_related("area"))
    for fitting, guess in ((_with_words, False), (_similar, True)):
        found = [(-row.fit, order, row) for order, table in enumerate(tables) for row in fitting(table, words)[:limit]]
        if found:
            return [_found(row, words, guess) for _fit, _order, row in sorted(found, key=lambda item: item[:2])[:limit]]
    return []


def _with_words(rows: QuerySet, words: str) -> QuerySet:
    """Rows in which each typed word begins a word. `fit`: 4 is the whole name, 3 whole words, 2 in this order, 1 in any."""
    for word in words.split():
        rows = rows.filter(search__contains=word)  # the trigram index finds these; the next line is exact
        rows = rows.filter(search__regex=rf"\m{word}")
    fits = [(4.0, rf"(^|\n){words}(\n|$)"), (3.0, rf"\m{words}\M"), (2.0, rf"\m{words}")]
    whens = [When(search__regex=pattern, then=Value(fit)) for fit, pattern in fits]
    # Today's names stand before former ones in the column, so an early match is the better one.
    fitting = rows.annotate(
        fit=Case(*whens, default=Value(1.0), output_field=FloatField()), begins=StrIndex("search", Value(words))
    )
    return fitting.order_by("-fit", "begins", "name", "id")


def _similar(rows: QuerySet, words: str) -> QuerySet:
    """Rows that have a word like each typed one; `fit` is PostgreSQL's word similarity of the typed word that fits worst."""
    each = [TrigramWordSimilarity(word, "search") for word in words.split()[:MOST_WORDS]]
    similar = rows.annotate(fit=Least(*each) if len(each) > 1 else each[0]).filter(fit__gte=SIMILAR_ENOUGH)
    return similar.order_by("-fit", "name", "id")


def _found(row: Area | Place, words: str, guess: bool) -> Found:
    city, language = city_pack(), get_language() or city_pack().language
    if isinstance(row, Place):
        detail = area_label(row.area, language, city) if row.area else ""
        return Found(row.kind, row.pk, row.code, row.name, detail, row.location.x, row.location.y, False, guess)
    point = row.seat or row.polygon.point_on_surface
    return Found(
        row.kind,
        row.pk,
        row.code,
        first_capital(area_label(row, language, city)),
        _former_name(row, _closest(row, words) if guess else words),
        point.x,
        point.y,
        True,
        guess,
    )


def _closest(area: Area, words: str) -> str:
    """Of all names of a unit, former ones too, the one most like what was typed, in plain letters."""
    names = [plain(name) for name in (area.full_name, area.name, area.name_en, *area.aliases) if name]
    return max(names, key=lambda name: SequenceMatcher(None, name, words).ratio())


def _former_name(area: Area, words: str) -> str:
    """The former name that was typed, when none of today's names has those words."""
    if any(words in plain(name) for name in (area.full_name, area.name, area.name_en)):
        return ""
    former = next((alias for alias in area.aliases if words in plain(alias)), "")
    return _("formerly %(name)s") % {"name": former} if former else ""
