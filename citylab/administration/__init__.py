"""Django's administration for the tables that an administrator may edit by hand. Cases and their history are none of them."""

from citylab.administration.city import AreaTable, BodyTable, PlaceTable
from citylab.administration.desk import DeadlineTable, ReplyTemplateTable, SavedViewTable
from citylab.administration.people import MemberTable, TeamTable
from citylab.administration.site import Administration
from citylab.models import Member, Team
from reports.models import Area, Body, Deadline, Place, ReplyTemplate, SavedView

administration = Administration(name="admin")
for model, table in (
    (Member, MemberTable), (Team, TeamTable), (Body, BodyTable), (Area, AreaTable), (Place, PlaceTable),
    (Deadline, DeadlineTable), (ReplyTemplate, ReplyTemplateTable), (SavedView, SavedViewTable),
):  # fmt: skip
    administration.register(model, table)
