"""Badges, and the sheet of command barcodes."""

from __future__ import annotations

from flask import current_app

from wms.actor import Actor, Permission, Role
from wms.auth.people import PersonUnknown, find_in_reach
from wms.printing.labels import COMMANDS, CommandLabel, CommandSheet, PersonLabel
from wms.web.documents import label


@label("person", Permission.MANAGE_PEOPLE)
def person(code: str, by: Actor) -> PersonLabel:
    """The badge of somebody whom the administrator sees; its barcode is the badge number, which is what is scanned to sign in."""
    found = find_in_reach(code, by=by)
    if found.is_token:
        raise PersonUnknown(code=code)
    roles = [Role(role).text for role in found.roles]
    company = current_app.config["WMS"].company_name
    return PersonLabel(found.code, found.name, roles=roles, company=company, badge=found.badge or "")


@label("commands", Permission.IN_HOUSE)
def commands(code: str, by: Actor) -> CommandSheet | CommandLabel:  # noqa: ARG001
    """All commands on a sheet, whatever the code; or the one that the code names (`CMD:DONE`)."""
    for command, words in COMMANDS:
        if command.casefold() == code.casefold():
            return CommandLabel(command, words)
    return CommandSheet()
