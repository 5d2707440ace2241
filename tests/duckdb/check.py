"""Recomputes the tables of a night from its Parquet files with another engine, and compares them row by row.

python check.py NIGHT [NIGHT ...]; pip install duckdb. Exit code 1 with the first differences when a cell is not the same.
Not compared: the organisation and the receiver of a domain, which are no group-by, and for nights with --sent what was delivered.
"""

import csv
import json
import sys
import tomllib
from pathlib import Path

import duckdb

ROOT = Path(__file__).parents[2]
MOST = 10


def table(night, name):
    with open(night / name, newline="") as file:
        return list(csv.DictReader(file))


def opened(night):
    """A connection with the night's files, the project's tables and all views."""
    db = duckdb.connect()
    for name in ["events", "deliveries"]:
        db.execute(f"CREATE VIEW {name} AS FROM read_parquet('{night / name}.parquet')")
    tables = ROOT / "src/tables"
    receivers = tomllib.loads((tables / "receivers.toml").read_text())["receiver"]
    consumers = tomllib.loads((tables / "consumer_domains.toml").read_text())
    domains = sorted(domain.lstrip(".") for entry in consumers[next(iter(consumers))] for domain in entry["domains"])
    places = [(row["domain"], row["organisation"] or None, row["receiver"] or None) for row in table(night, "domains.csv")]
    fill(db, "families(name TEXT, family TEXT)", [(r["name"], r.get("family", r["name"])) for r in receivers])
    fill(db, "consumers(domain TEXT)", [(domain,) for domain in domains])
    fill(db, "places(domain TEXT, organisation TEXT, pool TEXT)", places)
    for sql in [ROOT / "docs/cells.sql", Path(__file__).with_name("tables.sql")]:
        db.execute(sql.read_text())
    return db


def fill(db, columns, rows):
    db.execute(f"CREATE TABLE {columns}")
    if rows:
        db.executemany(f"INSERT INTO {columns.split('(')[0]} VALUES ({', '.join('?' * len(rows[0]))})", rows)


def words(causes):
    """Causes of one count stand in the order of the vocabulary, which SQL does not know."""
    return tuple(sorted((causes or "").split()))


def text(cell):
    return "" if cell is None else str(cell)


def compare(name, ours, theirs):
    """Prints what differs between two tables by key; how many rows do."""
    keys = sorted(ours.keys() | theirs.keys())
    different = [key for key in keys if ours.get(key) != theirs.get(key)]
    for key in different[:MOST]:
        print(f"  {name} {key}: in the file {ours.get(key)}, recomputed {theirs.get(key)}")
    print(f"{name}: {len(keys)} rows, {len(different)} differences")
    return len(different)


def domains(db, night):
    attempted, counted = db.execute("SELECT coalesce(bool_or(attempted), false), count(*) > 0 FROM deliveries").fetchone()
    ours, theirs = {}, {}
    owners = {}
    for domain, bounces, delays, complaints, delivered, causes, incidents in db.execute("FROM domain_table").fetchall():
        tried = bounces + delivered
        rate = f"{bounces / tried:.6f}" if tried else ""
        known = (str(delivered), rate) if counted and not attempted else None
        theirs[domain] = (str(bounces), str(delays), str(complaints), known, words(causes), True)
        owners[domain] = incidents or [""]
    for row in table(night, "domains.csv"):
        known = (row["delivered"], row["rate"]) if counted and not attempted else None
        owner = row["incident"] in owners.get(row["domain"], [])
        ours[row["domain"]] = (row["bounces"], row["delays"], row["complaints"], known, words(row["causes"]), owner)
    return compare("domains.csv", ours, theirs)


def rows(db, night, name, view, keys, values):
    """Compares a file with a view of the same columns."""
    cells = lambda row, columns: tuple(text(row[column]) for column in columns)
    found = db.execute(f"SELECT {', '.join(keys + values)} FROM {view}").fetchall()
    found = [dict(zip(keys + values, row)) for row in found]
    theirs = {cells(row, keys): cells(row, values) for row in found}
    ours = {cells(row, keys): cells(row, values) for row in table(night, name)}
    return compare(name, ours, theirs)


def cells(db, night):
    """That cells hold all failures of the night, and that each has one owner."""
    totals = json.loads((night / "report.json").read_text())["totals"]
    unmatched = db.execute("SELECT count(*) FROM events WHERE kind = 'bounce' AND unproven = 'unmatched'").fetchone()[0]
    failures = db.execute("SELECT coalesce(sum(failures), 0)::BIGINT FROM cells WHERE family NOT IN ('delay', 'complaint')").fetchone()[0]
    ours = {"bounces": totals["bounces"] - unmatched, "cells of several owners": 0}
    several = """SELECT count(*) FROM (
        SELECT 1 FROM counted WHERE list_source IS NOT NULL GROUP BY domain, bucket, sending_ip, sending_domain, campaign_id, list_source, family
        HAVING count(DISTINCT coalesce(incident, '')) > 1)"""
    theirs = {"bounces": failures, "cells of several owners": db.execute(several).fetchone()[0]}
    return compare("cells", ours, theirs)


def incidents(db, night):
    """That an incident counts the rows that name it."""
    found = db.execute("SELECT incident, count(*) FROM events WHERE incident IS NOT NULL GROUP BY incident").fetchall()
    ours = {row["id"]: row["bounces"] for row in table(night, "incidents.csv") if row["bounces"] != "0"}
    return compare("incidents.csv", ours, {name: str(rows) for name, rows in found})


def check(night):
    print(night)
    db = opened(night)
    codes = ["reply_code", "status", "cause"]
    return (
        domains(db, night)
        + rows(db, night, "codes.csv", "code_table", codes + ["receiver"], ["bounces", "organisations", "template"])
        + rows(db, night, "domain_codes.csv", "domain_code_table", ["domain", *codes], ["bounces"])
        + incidents(db, night)
        + cells(db, night)
    )


if __name__ == "__main__":
    sys.exit(1 if sum([check(Path(night)) for night in sys.argv[1:]]) else 0)
