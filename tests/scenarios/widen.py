"""What one over-eager row of rules.toml may do: widens each explicit row in turn, and runs nights with the wider table.

    python3 tests/scenarios/widen.py --bin target/release/bouncescope [--nights 20]

A user's table stands before the built-in one, so a copy of the row with wider words and no other condition wins. No mistake of one
row may put a good domain on a list at high confidence. Rows that are alike once widened are run once.
"""

import argparse
import collections
import json
import multiprocessing
import os
import subprocess
import tempfile
import tomllib

import scenarios

RULES = os.path.join(os.path.dirname(__file__), "..", "..", "src", "tables", "rules.toml")
WORDS = "policy|not (permitted|accepted|wanted)|refused|rejected|blocked|denied"
PLANTS = ["quiet", "provider", "listed_ip", "auth", "content", "stock", "shared", "half"]


def widened():
    """Each distinct way to widen an explicit row, with the rows that it stands for."""
    with open(RULES, "rb") as file:
        rows = tomllib.load(file)["rule"]
    ways = collections.defaultdict(list)
    for row in rows:
        if row.get("basis") == "explicit_rule" or (row["cause"] == "tenant_policy" and "basis" not in row):
            ways[(str(row.get("receiver", "")), bool(row.get("document")), row.get("permanence", ""))].append(row)
    return ways


def table(row, folder):
    lines = ["[[rule]]", 'id = "widened"', f"text = '{WORDS}'", 'cause = "tenant_policy"', 'blames = "tenant"', 'basis = "explicit_rule"']
    receiver = row.get("receiver")
    if receiver:
        receivers = receiver if isinstance(receiver, list) else [receiver]
        lines.append("receiver = [" + ", ".join(f'"{name}"' for name in receivers) + "]")
    if row.get("document"):
        lines.append(f'document = "{row["document"]}"')
    lines.append('source = "widened"')
    with open(os.path.join(folder, "rules.toml"), "w") as file:
        file.write("\n".join(lines) + "\n")


def night(job):
    binary, row, n = job
    plant, size = PLANTS[n % len(PLANTS)], ["small", "mid"][n // len(PLANTS) % 2]
    made = scenarios.Night(900 + n, size, plant)
    with tempfile.TemporaryDirectory() as folder:
        made.write(folder)
        table(row, folder)
        out = folder + "/out"
        command = [binary, "run", folder + "/bounces.csv", "--delivered", folder + "/delivered.csv", "--out", out, "--state", folder + "/state"]
        command += ["--tables", folder, "--as-of", "2026-11-20", "--no-progress", "--max-suppressions", "100000000"]
        ran = subprocess.run(command, capture_output=True, text=True)
        if ran.returncode not in (0, 3, 4):
            raise RuntimeError(ran.stderr[-500:])
        listed = scenarios.column(out + "/2026-11-20/suppression/domains.csv", "domain") - made.tenants
        sure = set()
        with open(out + "/2026-11-20/report.json") as file:
            for incident in json.load(file)["incidents"]:
                if incident["confidence"] == "high":
                    sure |= {incident["scope"]["key"], *incident["domains"]}
    return len(listed & sure), len(listed)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--bin", required=True)
    parser.add_argument("--nights", type=int, default=20)
    args = parser.parse_args()
    worst = 0
    with multiprocessing.Pool(2) as pool:
        for (receiver, documented, permanence), rows in widened().items():
            results = pool.map(night, [(args.bin, rows[0], n) for n in range(args.nights)])
            high, listed = (sum(result[at] for result in results) for at in (0, 1))
            worst = max(worst, high)
            print(f"good domains listed at high {high:4d}, at all {listed:4d}: receiver {receiver or 'any'}, document {documented} ({', '.join(row['id'] for row in rows)[:90]})")
    print(f"worst row: {worst} good domains at high")


if __name__ == "__main__":
    main()
