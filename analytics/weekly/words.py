"""What each figure and column is called and means, in the language of the page or file."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

# key → (name, meaning). The same names stand in the pages, in the files and, in English, in docs/weekly.md.
FIGURES: dict[str, tuple[Promise, Promise]] = {
    "reports": (_("New reports"), _("Reports of what was seen in the week, whenever they arrived.")),
    "counting_reports": (_("Reports that count"), _("Of these, the ones that count: a reporter once in a case and at most three times in a cell and week.")),
    "opened": (_("New cases"), _("Piles of waste first seen in the week, each once, without those refused or merged by its end.")),
    "came_back": (_("Came back"), _("Of the new cases, those at a place that had been cleaned within 90 days before.")),
    "cleaned": (_("Cleaned, with photo"), _("Cases that a visit with an after-photo cleaned in the week.")),
    "nothing_found": (_("Nothing found, with photo"), _("Cases where a visit with a photo in the week found no waste.")),
    "verified": (_("Checked clean"), _("Cases that a second person found clean in the week.")),
    "refused": (_("Cannot be handled"), _("Cases refused with a reason in the week.")),
    "reopened": (_("Reopened"), _("Cases opened again in the week: still dirty, dirty again, or wrongly refused.")),
    "open_at_end": (_("Open at the end"), _("Cases seen before the end of the week and neither cleaned nor refused nor merged by then.")),
    "overdue_at_end": (_("Overdue at the end"), _("Of the open cases, those whose deadline had passed by the end of the week.")),
    "due": (_("Due in the week"), _("Cases whose deadline fell in the week, without those refused or merged before it.")),
    "on_time": (_("On time"), _("Of the cases due in the week, those cleaned by their deadline.")),
    "on_time_share": (_("On-time share"), _("On time divided by due; empty when nothing was due.")),
    "hotspots": (_("Hotspots"), _("Cells with more cases than chance explains, 5 % false discoveries at most, in the weeks analysed.")),
    "new_hotspots": (_("New hotspots"), _("Of these, the ones with no hotspot in or beside them a week before.")),
    "black_spots": (_("Black spots"), _("Places where waste keeps coming back or stays.")),
}

COLUMNS: dict[str, tuple[Promise, Promise]] = {
    "cell": (_("Cell"), _("H3 cell in hexadecimal.")),
    "place": (_("Place"), _("The place in words.")),
    "area_code": (_("Unit code"), _("Code of the administrative unit.")),
    "area": (_("Unit"), _("Administrative unit; empty where its border is only approximate.")),
    "first_week": (_("First week"), _("First week of the window analysed.")),
    "last_week": (_("Last week"), _("Last week of the window analysed.")),
    "longitude": (_("Longitude"), _("Degrees east (WGS 84). Of a case: the centre of its cell of resolution 11, about 25 m.")),
    "latitude": (_("Latitude"), _("Degrees north (WGS 84). Of a case: the centre of its cell of resolution 11, about 25 m.")),
    "cases": (_("Cases"), _("Cases of the cell itself in the window.")),
    "cell_reports": (_("Reports in the cell"), _("Counting reports of the cell itself in the window: how much people report there.")),
    "observed": (_("Observed"), _("Cases of the cell and its neighbours in the window.")),
    "expected": (_("Expected"), _("Cases to be expected there if waste were spread like everywhere else in those weeks.")),
    "ratio": (_("Times expected"), _("Observed divided by expected.")),
    "p": (_("p-value"), _("Probability of at least as many cases by chance.")),
    "q": (_("q-value"), _("p after control of false discoveries (Benjamini and Hochberg); a hotspot has at most 0.05.")),
    "gi_star": (_("Gi*"), _("Standard score of the neighbourhood (Getis and Ord).")),
    "new": (_("New"), _("1 where neither the cell nor one beside it was a hotspot a week before; empty when that is not known.")),
    "certainty": (_("Certainty"), _("Certain, fairly certain, or little data.")),
    "code": (_("Case"), _("Code of the case.")),
    "seen_on": (_("Seen on"), _("Day on which it was first seen.")),
    "due_on": (_("Due on"), _("Last day of the deadline.")),
    "problem": (_("Problem"), _("What kind of problem it is.")),
    "waste_group": (_("Waste"), _("Group of waste; empty is unknown.")),
    "amount": (_("Amount"), _("How much waste.")),
    "state": (_("State at the end"), _("State of the case at the end of the week.")),
    "approximate": (_("Approximate border"), _("1 where the border is a guess: never counted by.")),
    "key": (_("Key"), _("The name of the figure in the interface.")),
    "figure": (_("Figure"), _("What is counted.")),
    "value": (_("This week"), _("The figure of the week.")),
    "last_week_value": (_("Week before"), _("The same figure of the week before.")),
    "four_week_mean": (_("Mean of four weeks"), _("Mean of the four weeks before; weeks before the first report are left out.")),
    "meaning": (_("Meaning"), _("What the figure means.")),
    "item": (_("Waste"), _("Group of waste that counting reports name; a report that names several counts in each.")),
    "opened_last_week": (_("New cases, week before"), _("New cases of the week before.")),
}

SHEETS = {
    "summary": _("Summary"),
    "units": _("By unit"),
    "hotspots": _("Hotspots"),
    "cases": _("Cases"),
    "dictionary": _("Data dictionary"),
}

ELSEWHERE = _("Without a certain unit")


def label(key: str) -> str:
    """What a figure or column is called; its own key when it is unknown, as in an edition of an older version."""
    return str((FIGURES.get(key) or COLUMNS.get(key) or (key,))[0])


def meaning(key: str) -> str:
    """What a figure or column means."""
    return str((FIGURES.get(key) or COLUMNS.get(key) or ("", ""))[1])
