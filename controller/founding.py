"""Founds a site: keys, certificates, the nodes of its virtual doors, the broker's settings. Whole again after a crash.

Every step keeps what is good and makes what is missing, so founding a founded site changes nothing.
"""

import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

from ostiary.controller import site as settings
from ostiary.controller.fleet import broker
from ostiary.controller.fleet.ca import keep_leaf, site_authority
from ostiary.controller.fleet.holder import web_holder
from ostiary.controller.fleet.identity import make_node
from ostiary.controller.fleet.nodes import ROLES, FleetNode, fleet_nodes
from ostiary.controller.running import only_one
from ostiary.controller.site import Site
from ostiary.controller.store.keys import KeyStore, load_or_make_master
from ostiary.controller.store.people_db import open_people
from ostiary.controller.store.places import Places

HOST = "127.0.0.1"


class CannotFound(RuntimeError):
    """The data directory cannot be made or written."""


def found(
    places: Places,
    wanted: Site,
    doors: tuple[str, ...],
    apart: tuple[str, ...] = (),
    boards: Mapping[str, str] = MappingProxyType({}),
) -> tuple[Site, tuple[FleetNode, ...]]:
    """See that the site in `places` exists, with a virtual node at each of `doors`, and two, a reader and a strike, at
    each of `apart`, on the virtual board that `boards` names for the door; its name, once given, stays.

    Raises `CannotFound`, and what the key store, the certificates and the fleet raise about files that do not fit.
    """
    try:
        places.prepare()
        site = _settled(places.site_toml, wanted)
        at_ms = time.time_ns() // 1_000_000
        keys = KeyStore(places.keys_db, load_or_make_master(places.master_key))
        try:
            on = lambda door: boards.get(door, "virtual")  # noqa: E731 - a name for the reader
            nodes = [FleetNode(f"{door}-1", door, ("reader", "strike"), on(door), True) for door in doors]
            nodes += [FleetNode(f"{door}-{role}", door, (role,), on(door), True) for door in apart for role in ROLES]
            for node in nodes:
                make_node(places, keys, site.name, node, host=HOST, port=site.broker_port, at_ms=at_ms)
            broker.prepare(places, keys, site.name, port=site.broker_port, at_ms=at_ms, host=HOST)
            if site.reach.own_certificate:
                # For a year; every start makes it anew that finds it with a month left or less.
                authority = site_authority(places.tls / "ca.pem", keys, site.name, at_ms)
                holder = web_holder(site.reach.host or "localhost")
                keep_leaf(authority, holder, places.web_certificate, places.web_key, at_ms)
        finally:
            keys.close()
        # The keeper follows this file and may not make it.
        open_people(places.people_db).dispose()
    except OSError as error:
        raise CannotFound(
            f"The site in {places.data} cannot be made or opened: {error}. "
            "Choose a directory that you may write to, with --data."
        ) from error
    return site, fleet_nodes(places)


def add_node(places: Places, node: FleetNode) -> tuple[Path, tuple[FleetNode, ...]]:
    """Give a node of the founded site in `places`, which must not be open, its identity and its place; returns its
    directory and the fleet. Raises `AlreadyOpen`, `BadSite`, `BadId`, `BadRoles` and what the key store raises."""
    site = settings.read_existing(places.site_toml)
    at_ms = time.time_ns() // 1_000_000
    with only_one(places.data):
        keys = KeyStore(places.keys_db, load_or_make_master(places.master_key))
        try:
            made = make_node(places, keys, site.name, node, host=HOST, port=site.broker_port, at_ms=at_ms)
        finally:
            keys.close()
    return made, fleet_nodes(places)


def _settled(path: Path, wanted: Site) -> Site:
    """The site as it is called, with the ports that are wanted now."""
    held = settings.read(path) if path.exists() else None
    if held:
        kept = {"name": held.name, "log": held.log, "retention": held.retention}
        site = replace(wanted, **kept, second_person=held.second_person, mail=held.mail)
    else:
        site = wanted
    if site != held:
        settings.write(path, site)
    return site
